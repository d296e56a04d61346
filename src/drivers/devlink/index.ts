export * from './devlink.ts'
export * from './netlink.ts'
export * from './types.ts'
