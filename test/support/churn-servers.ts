// The servers that churn is tried on: every way for connections to reach workers, with either kind of worker.

export const churnServers = (['reuseport', 'duplicate'] as const).flatMap((model) => [
  { name: `${model}, fork`, model, workers: 'fork', config: { bindModel: model, startMethod: 'fork' } },
  { name: `${model}, thread`, model, workers: 'thread', config: { bindModel: model, workerModel: 'thread' } },
]);
