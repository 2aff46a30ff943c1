// Who is overdue: workers that do not become ready, do not finish, or whose event loop does not turn. Pure.
import {
  combined,
  type Decision,
  NOTHING,
  type PolicyConfig,
  type PoolView,
  type WorkerView,
} from './view.js';

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}

function deadlineOf(worker: WorkerView, config: PolicyConfig): { at: number; reason: string } | undefined {
  if (worker.state === 'ready') return undefined;
  if (worker.state !== 'draining') {
    const timeoutMs = config.bootTimeoutMs;
    return { at: worker.spawnedAt + timeoutMs, reason: `not ready after ${seconds(timeoutMs)}` };
  }
  const timeoutMs = config.terminationTimeoutMs;
  if (timeoutMs === 0 || worker.drainingAt === undefined) return undefined;
  return {
    at: worker.drainingAt + timeoutMs,
    reason: `not finished ${seconds(timeoutMs)} after it was asked to stop`,
  };
}

/**
 * The event loop of a worker that was ready once and may be draining by now: asked first, since it may turn again and
 * finish what it has, then killed. Workers that start have their own deadline, whatever their event loop does.
 */
function ofStalled(worker: WorkerView, { activityTimeoutMs }: PolicyConfig): Decision {
  if (activityTimeoutMs === 0 || worker.readyAt === undefined) return NOTHING;
  const reason = `its event loop did not turn for ${seconds(Math.floor(worker.stalledMs / 100) * 100)}`;
  if (worker.stalledMs >= 2 * activityTimeoutMs) {
    return { actions: [{ kind: 'kill', worker: worker.id, reason }] };
  }
  if (worker.state !== 'ready' || worker.stalledMs < activityTimeoutMs) return NOTHING;
  return { actions: [{ kind: 'hang', worker: worker.id, reason }] };
}

/** Kills what is overdue, and says when the next one will be. */
export function decideOverdue(view: PoolView, config: PolicyConfig, now: number): Decision {
  const decisions = view.workers
    .filter(({ isKilled }) => !isKilled)
    .map((worker): Decision => {
      if (view.mode === 'killing') {
        return { actions: [{ kind: 'kill', worker: worker.id, reason: 'stopping at once' }] };
      }
      const deadline = deadlineOf(worker, config);
      if (deadline === undefined) return ofStalled(worker, config);
      if (now < deadline.at)
        return combined(ofStalled(worker, config), { actions: [], againAt: deadline.at });
      return { actions: [{ kind: 'kill', worker: worker.id, reason: deadline.reason }] };
    });
  return combined(...decisions);
}
