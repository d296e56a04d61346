export * from './mlx5_sf.ts'
export * from './sf.ts'
export * from './types.ts'
