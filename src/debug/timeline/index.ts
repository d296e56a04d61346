export {
  takeTimeline,
  timeline_begin,
  timeline_init,
  type CpuEvents,
  type EventKind,
  type TimelineEvent,
} from './globals.ts'
export * from './timeline.ts'
