package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.WorkerGroupRule;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.job.StreamLimits;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.NameRule;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ModelTally;
import ai.mariner.core.metrics.ServerMetrics;
import ai.mariner.core.queue.BatchRule;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.core.queue.Pool;
import ai.mariner.core.queue.SequencePolicy;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.PythonEnvironment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns an archive into a registered model without workers; undoes every step when one fails.
 * Blocks.
 */
public final class Registration {
  private static final Logger log = LoggerFactory.getLogger(Registration.class);

  private final ServerConfig config;
  private final ArchiveStore archives;
  private final ModelRegistry registry;
  private final WorkerFactory.Shared workers;
  private final ServerMetrics metrics;
  private final List<? extends Loop> loops;
  private final BatchRules batchRules;
  private final ParallelRules parallelRules;
  private final Equipment equipment;
  private final AtomicInteger nextLoop = new AtomicInteger();
  private final AtomicLong runIds = new AtomicLong();

  /**
   * Makes the registration of a server.
   *
   * @param config defaults and options of models
   * @param archives where archives come from
   * @param dependencies installs what archives ask for
   * @param registry where models are published
   * @param workers what all workers share
   * @param metrics meters
   * @param loops pools are given to these in turn
   * @param batchRules what models name in {@code batchPlugin}
   */
  public Registration(
      ServerConfig config,
      ArchiveStore archives,
      Dependencies dependencies,
      ModelRegistry registry,
      WorkerFactory.Shared workers,
      ServerMetrics metrics,
      List<? extends Loop> loops,
      BatchRules batchRules) {
    this.config = config;
    this.archives = archives;
    this.registry = registry;
    this.workers = workers;
    this.metrics = metrics;
    this.loops = List.copyOf(loops);
    this.batchRules = batchRules;
    this.equipment = new Equipment(dependencies, config.dependencies().installed());
    this.parallelRules = new ParallelRules(config.worker().gpuCount());
  }

  /**
   * An archive that was fetched for an order.
   *
   * @param order what was asked for
   * @param archive archive; who holds this gives it back unless it is published
   * @param key registered name and version that it will have
   * @param loop owner of its pool, for a part of a workflow or application; absent: whose turn it
   *     is
   * @param routes names of the routes that it is on, which requests point at
   * @param environment what its workers have of Python of their own; absent: nothing
   */
  record Fetched(
      RegisterModel order,
      ModelArchive archive,
      ModelKey key,
      @Nullable Loop loop,
      List<String> routes,
      @Nullable PythonEnvironment environment) {
    /** A model on no route whose pool any loop may own. */
    Fetched(RegisterModel order, ModelArchive archive, ModelKey key) {
      this(order, archive, key, null, List.of(), null);
    }

    /** The same with its pool on this loop. */
    Fetched on(Loop owner) {
      return new Fetched(order, archive, key, owner, routes, environment);
    }

    /** The same on these routes. */
    Fetched with(List<String> itsRoutes) {
      return new Fetched(order, archive, key, loop, itsRoutes, environment);
    }

    /** The same with what was installed for it. */
    Fetched with(Dependencies.Installed installed) {
      ModelArchive both = archive.alsoReleasing(installed.release());
      return new Fetched(order, both, key, loop, routes, installed.environment());
    }
  }

  /** The loop whose turn it is to be given work. */
  Loop nextLoop() {
    return loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
  }

  /** Models that share processes share a loop. */
  private Loop loopFor(ModelSpec spec) {
    String group = spec.workerGroup();
    return group == null ? nextLoop() : loops.get(Math.floorMod(group.hashCode(), loops.size()));
  }

  /**
   * Fetches, checks, installs and publishes.
   *
   * @return fails with the reason, as this does itself; nothing is left behind then
   */
  CompletionStage<Model> publish(RegisterModel order) {
    return publish(fetch(order));
  }

  /**
   * Fetches an archive and finds out what it is.
   *
   * @throws ServeException with the reason; nothing is left behind then
   */
  Fetched fetch(RegisterModel order) {
    checkName(order.modelName());
    ModelArchive archive = archives.fetch(order.location(), order.signed());
    try {
      ModelKey key = new ModelKey(name(order, archive), archive.manifest().modelVersion());
      return new Fetched(order, archive, key);
    } catch (RuntimeException e) {
      archive.release().run();
      throw e;
    }
  }

  /**
   * Checks what was fetched, installs what it asks for and publishes it.
   *
   * @return fails with the reason, as this does itself; nothing is left behind then
   */
  CompletionStage<Model> publish(Fetched fetched) {
    ModelKey key = fetched.key();
    RegisterModel order = fetched.order();
    ModelSpec spec;
    try {
      spec = spec(key, order, fetched.archive());
      registry.reserve(key);
    } catch (RuntimeException e) {
      fetched.archive().release().run();
      throw e;
    }
    Loop loop = fetched.loop() == null ? loopFor(spec) : fetched.loop();
    return equipped(fetched, spec, loop)
        .thenApply(
            model -> {
              boolean chosen = Boolean.TRUE.equals(spec.get(ProgramOptions.DEFAULT_VERSION));
              registry.publish(model, chosen && order.atStart());
              return model;
            });
  }

  /** Makes the model of a reserved version once it has all it needs; else gives both back. */
  private CompletionStage<Model> equipped(Fetched fetched, ModelSpec spec, Loop loop) {
    return equipment
        .equip(fetched, spec, runtime(fetched.order(), fetched.archive()))
        .whenComplete(
            (done, thrown) -> {
              if (thrown != null) {
                registry.release(fetched.key());
                fetched.archive().release().run();
              }
            })
        .thenApply(done -> assemble(done, spec, loop));
  }

  /**
   * Fetches and checks what is to take the place of a model. It stays unpublished, and its version
   * reserved, until {@link ModelRegistry#replace} or {@link ModelRegistry#release}.
   *
   * @param old default version of the name
   * @param keepOld whether both are to stay
   * @return fails with the reason, as this does itself; nothing is left behind then
   */
  CompletionStage<Model> stage(RegisterModel order, Model old, boolean keepOld) {
    ModelArchive archive = archives.fetch(order.location(), order.signed());
    ModelKey key;
    ModelSpec spec;
    try {
      key = new ModelKey(old.key().name(), archive.manifest().modelVersion());
      spec = spec(key, order, archive);
      registry.reserveBeside(key, old, keepOld);
    } catch (RuntimeException e) {
      archive.release().run();
      throw e;
    }
    Fetched fetched = new Fetched(order, archive, key).with(old.routes());
    Loop loop = loopFor(spec);
    return equipped(old.isPart() ? fetched.on(loop) : fetched, spec, loop);
  }

  /** What the options of a model are made of beside those of the request, first the archive's. */
  List<ModelOverrides> options(Model model) {
    return List.of(model.archive().overrides(), configured(model.key()));
  }

  private ModelOverrides configured(ModelKey key) {
    return config.modelOverrides().getOrDefault(key, ModelOverrides.NONE);
  }

  /**
   * Checks how many workers a model is to have.
   *
   * @throws ServeException if there are not devices for so many
   */
  void checkWorkers(ModelKey key, ModelSpec spec, int workers) {
    Integer most = parallelRules.mostWorkers(key, spec);
    if (most != null && workers > most) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "max_worker: "
              + workers
              + " (expected: at most "
              + most
              + ", since each worker of model "
              + key
              + " has GPUs of its own)");
    }
  }

  void forget(ModelKey key) {
    metrics.modelRemoved(key);
  }

  private static void checkName(@Nullable String name) {
    if (name != null && !NameRule.allows(name)) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "model_name: " + NameRule.shown(name) + " (expected: " + NameRule.EXPECTED + ")");
    }
  }

  private String name(RegisterModel order, ModelArchive archive) {
    if (order.modelName() != null) {
      return order.modelName();
    }
    String inConfiguration = order.atStart() ? nameOf(fileName(order.location())) : null;
    if (inConfiguration != null) {
      return inConfiguration;
    }
    String inManifest = archive.manifest().modelName();
    if (inManifest != null) {
      return inManifest;
    }
    if (order.atStart()) {
      return archive.defaultName();
    }
    throw new ServeException(
        ErrorKind.ARCHIVE_INVALID,
        "Model name is not defined. (expected: model.modelName in the archive's"
            + " MAR-INF/MANIFEST.json, or the parameter model_name)");
  }

  /** The name that the {@code models} JSON has for an archive. */
  private @Nullable String nameOf(String file) {
    for (Map.Entry<ModelKey, ModelOverrides> entry : config.modelOverrides().entrySet()) {
      if (file.equals(entry.getValue().get(ProgramOptions.MAR_NAME))) {
        return entry.getKey().name();
      }
    }
    return null;
  }

  private static String fileName(String location) {
    String path = location.replaceFirst("[?#].*", "").replaceFirst("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Makes the model of a reserved version; gives version and archive back when that fails. */
  private Model assemble(Fetched fetched, ModelSpec spec, Loop loop) {
    ModelKey key = fetched.key();
    RegisterModel order = fetched.order();
    ModelArchive archive = fetched.archive();
    try {
      Manifest manifest = archive.manifest();
      String runtime = runtime(order, archive);
      int maxBytes = config.limits().maxRequestBytes();
      WorkerFactory.Program program =
          new WorkerFactory.Program(
              key,
              archive.directory(),
              runtime,
              handler(key, order, manifest),
              envelope(manifest),
              new WarmupFiles(archive.directory(), maxBytes).read(spec.warmup()),
              fetched.routes(),
              fetched.environment());
      ModelTally meters = new ModelTally(metrics.model(key), workers.clock());
      Pool pool = pool(program, spec, loop, meters);
      return new Model(
          fetched,
          runtime,
          spec,
          pool,
          meters,
          program.warmup(),
          loop.nanoTime(),
          registry::stateChanged);
    } catch (RuntimeException e) {
      registry.release(key);
      archive.release().run();
      throw e;
    }
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

  private ModelSpec spec(ModelKey key, RegisterModel order, ModelArchive archive) {
    ModelDefaults defaults =
        order.atStart()
            ? config.defaults()
            : config.defaults().withWorkers(config.registerWorkers());
    ModelOverrides crew = ModelOverrides.builder().workers(order.initialWorkers(), null).build();
    List<ModelOverrides> given =
        List.of(order.overrides(), crew, archive.overrides(), configured(key));
    String handler = order.handler() == null ? archive.manifest().handler() : order.handler();
    List<ModelOverrides> sources = new ArrayList<>(given);
    sources.add(ImpliedOptions.of(handler, given));
    reportIdle(key, order, ModelSpec.idle(sources, defaults));
    ModelSpec spec = parallelRules.applied(key, ModelSpec.resolve(sources, defaults));
    boolean asked = sources.stream().anyMatch(from -> from.get(CrewOptions.WORKER_GROUP) != null);
    return groupable(key, spec, runtime(order, archive), equipment.obstacle(archive), asked);
  }

  private static String runtime(RegisterModel order, ModelArchive archive) {
    return order.runtime() == null ? archive.manifest().runtime() : order.runtime();
  }

  /** A model that can't share a process is refused if it asks for that, else it has its own. */
  private static ModelSpec groupable(
      ModelKey key, ModelSpec spec, String runtime, @Nullable String packages, boolean asked) {
    String group = spec.workerGroup();
    String obstacle = group == null ? null : WorkerGroupRule.obstacle(spec, runtime);
    if (group != null && obstacle == null) {
      obstacle = packages;
    }
    if (obstacle == null) {
      return spec;
    }
    if (asked) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "Model "
              + key
              + ": workerGroup: "
              + group
              + ", with "
              + obstacle
              + " (expected: none, or a model without it)");
    }
    log.info("model {} has {}, so it is not in the worker group {}", key, obstacle, group);
    return spec.withoutGroup();
  }

  /** What applies to nothing is refused, or logged where TorchServe's users expect no more. */
  private void reportIdle(ModelKey key, RegisterModel order, List<String> idle) {
    List<String> found = new ArrayList<>(idle);
    String archive = configured(key).get(ProgramOptions.MAR_NAME);
    String file = fileName(order.location());
    if (archive != null && !archive.equals(file)) {
      found.add(
          ProgramOptions.MAR_NAME
              + ": "
              + archive
              + " (expected: "
              + file
              + ", from which the model is loaded)");
    }
    if (found.isEmpty()) {
      return;
    }
    String sentence = "Options of model " + key + ": " + String.join("; ", found);
    if (config.profile().unknownKeysFail()) {
      throw new ServeException(ErrorKind.ARCHIVE_INVALID, sentence);
    }
    log.warn("{}", sentence);
  }

  private String handler(ModelKey key, RegisterModel order, Manifest manifest) {
    @Nullable String handler = order.handler();
    if (handler == null) {
      handler = manifest.handler();
    }
    if (handler == null) {
      handler = config.worker().defaultHandler();
    }
    if (handler == null) {
      throw new ServeException(
          ErrorKind.ARCHIVE_INVALID,
          "Model "
              + key
              + " has no handler (expected: handler in the manifest, in the request, or"
              + " default_service_handler)");
    }
    return handler;
  }

  private @Nullable String envelope(Manifest manifest) {
    String forAll = config.worker().serviceEnvelope();
    return forAll == null ? manifest.envelope() : forAll;
  }
}
