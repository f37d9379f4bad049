package ai.mariner.core.model;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.job.StreamLimits;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ModelTally;
import ai.mariner.core.metrics.ServerMetrics;
import ai.mariner.core.queue.BatchRule;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.core.queue.Pool;
import ai.mariner.core.queue.SequencePolicy;
import ai.mariner.core.time.Loop;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes a model of what was fetched: its program, its meters and its pool, without workers. */
final class ModelAssembly {
  private final ServerConfig config;
  private final WorkerFactory.Shared workers;
  private final ServerMetrics metrics;
  private final BatchRules batchRules;
  private final Consumer<Model> changed;
  private final AtomicLong runIds = new AtomicLong();

  /**
   * Makes the assembly of a server.
   *
   * @param config defaults and limits
   * @param workers what all workers share
   * @param metrics meters
   * @param batchRules what models name in {@code batchPlugin}
   * @param changed told when the readiness of a model has changed
   */
  ModelAssembly(
      ServerConfig config,
      WorkerFactory.Shared workers,
      ServerMetrics metrics,
      BatchRules batchRules,
      Consumer<Model> changed) {
    this.config = config;
    this.workers = workers;
    this.metrics = metrics;
    this.batchRules = batchRules;
    this.changed = changed;
  }

  /**
   * Makes a model.
   *
   * @param loop owner of its pool
   * @throws ServeException if its archive does not say enough or asks for what is not there
   */
  Model model(FetchedModel fetched, ModelSpec spec, Loop loop) {
    WorkerFactory.Program program = program(fetched, spec);
    ModelTally meters = new ModelTally(metrics.model(fetched.key()), workers.clock());
    Pool pool = pool(program, spec, loop, meters);
    return new Model(fetched, spec, pool, meters, program.warmup(), loop.nanoTime(), changed);
  }

  private WorkerFactory.Program program(FetchedModel fetched, ModelSpec spec) {
    ModelArchive archive = fetched.archive();
    int maxBytes = config.limits().maxRequestBytes();
    return new WorkerFactory.Program(
        fetched.key(),
        archive.directory(),
        fetched.runtime(),
        handler(fetched),
        envelope(archive.manifest()),
        new WarmupFiles(archive.directory(), maxBytes).read(spec.warmup()),
        fetched.routes(),
        fetched.environment());
  }

  private String handler(FetchedModel fetched) {
    String named = fetched.handler();
    String handler = named == null ? config.worker().defaultHandler() : named;
    if (handler == null) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "Model "
              + fetched.key()
              + " has no handler (expected: handler in the manifest, in the request, or"
              + " default_service_handler)");
    }
    return handler;
  }

  private @Nullable String envelope(Manifest manifest) {
    String forAll = config.worker().serviceEnvelope();
    return forAll == null ? manifest.envelope() : forAll;
  }

  private Pool pool(WorkerFactory.Program program, ModelSpec spec, Loop loop, ModelMetrics meters) {
    return new Pool(
        program.key(),
        spec,
        loop,
        new WorkerFactory(workers, program, spec),
        meters,
        runIds,
        new StreamLimits(
            config.limits().maxStreamBufferBytes(), config.limits().streamStallTimeout()),
        new SequencePolicy(config.sequenceNames(), config.profile().unknownSequencesBegin()),
        rule(program.key(), spec));
  }

  private @Nullable BatchRule rule(ModelKey key, ModelSpec spec) {
    if (spec.get(ProgramOptions.BATCH_PLUGIN) == null) {
      return null;
    }
    if (spec.require(ProgramOptions.SEQUENCE_BATCHING)) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "Model "
              + key
              + ": "
              + ProgramOptions.BATCH_PLUGIN.key()
              + ", with "
              + ProgramOptions.SEQUENCE_BATCHING.key()
              + " (expected: one of them, since sequences decide on their batches)");
    }
    return batchRules.of(key, spec);
  }
}
