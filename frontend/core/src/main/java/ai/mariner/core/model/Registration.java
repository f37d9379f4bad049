package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.metrics.ServerMetrics;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.core.time.Loop;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Turns an archive into a registered model without workers; undoes every step when one fails.
 * Blocks.
 */
public final class Registration {
  private final ArchiveStore archives;
  private final ModelRegistry registry;
  private final ServerMetrics metrics;
  private final List<? extends Loop> loops;
  private final ParallelRules parallelRules;
  private final Equipment equipment;
  private final ModelNaming naming;
  private final OptionSources options;
  private final ModelAssembly assembly;
  private final AtomicInteger nextLoop = new AtomicInteger();

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
    this.archives = archives;
    this.registry = registry;
    this.metrics = metrics;
    this.loops = List.copyOf(loops);
    this.parallelRules = new ParallelRules(config.worker().gpuCount());
    this.equipment = new Equipment(dependencies, config.dependencies().installed());
    this.naming = new ModelNaming(config.modelOverrides());
    this.options = new OptionSources(config, parallelRules, equipment);
    this.assembly = new ModelAssembly(config, workers, metrics, batchRules, registry::stateChanged);
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
  FetchedModel fetch(RegisterModel order) {
    ModelNaming.check(order.modelName());
    ModelArchive archive = archives.fetch(order.location(), order.signed());
    try {
      ModelKey key = new ModelKey(naming.name(order, archive), archive.manifest().modelVersion());
      return new FetchedModel(order, archive, key);
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
  CompletionStage<Model> publish(FetchedModel fetched) {
    ModelSpec spec;
    try {
      spec = options.spec(fetched);
      registry.reserve(fetched.key());
    } catch (RuntimeException e) {
      fetched.archive().release().run();
      throw e;
    }
    Loop loop = fetched.loop() == null ? loopFor(spec) : fetched.loop();
    return equipped(fetched, spec, loop)
        .thenApply(
            model -> {
              boolean chosen = Boolean.TRUE.equals(spec.get(ProgramOptions.DEFAULT_VERSION));
              registry.publish(model, chosen && fetched.order().atStart());
              return model;
            });
  }

  /** Makes the model of a reserved version once it has all it needs; else gives both back. */
  private CompletionStage<Model> equipped(FetchedModel fetched, ModelSpec spec, Loop loop) {
    return equipment
        .equip(fetched, spec)
        .whenComplete(
            (done, thrown) -> {
              if (thrown != null) {
                registry.release(fetched.key());
                fetched.archive().release().run();
              }
            })
        .thenApply(done -> assembled(done, spec, loop));
  }

  /** Makes the model of a reserved version; gives version and archive back when that fails. */
  private Model assembled(FetchedModel fetched, ModelSpec spec, Loop loop) {
    try {
      return assembly.model(fetched, spec, loop);
    } catch (RuntimeException e) {
      registry.release(fetched.key());
      fetched.archive().release().run();
      throw e;
    }
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
    FetchedModel fetched;
    ModelSpec spec;
    try {
      ModelKey key = new ModelKey(old.key().name(), archive.manifest().modelVersion());
      fetched = new FetchedModel(order, archive, key).with(old.routes());
      spec = options.spec(fetched);
      registry.reserveBeside(key, old, keepOld);
    } catch (RuntimeException e) {
      archive.release().run();
      throw e;
    }
    Loop loop = loopFor(spec);
    return equipped(old.isPart() ? fetched.on(loop) : fetched, spec, loop);
  }

  /** What the options of a model are made of beside those of the request, first the archive's. */
  List<ModelOverrides> options(Model model) {
    return options.beside(model);
  }

  /**
   * Checks how many workers a model is to have.
   *
   * @throws ServeException if there are not devices for so many
   */
  void checkWorkers(ModelKey key, ModelSpec spec, int workers) {
    parallelRules.checkWorkers(key, spec, workers);
  }

  void forget(ModelKey key) {
    metrics.modelRemoved(key);
  }
}
