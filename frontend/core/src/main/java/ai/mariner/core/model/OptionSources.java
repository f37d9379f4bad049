package ai.mariner.core.model;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelDefaults;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.WorkerGroupRule;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who has a word on the options of a model, and what they come to on this server. */
final class OptionSources {
  private static final Logger log = LoggerFactory.getLogger(OptionSources.class);

  private final ServerConfig config;
  private final ParallelRules parallelRules;
  private final Equipment equipment;

  /**
   * Makes the sources of a server.
   *
   * @param config its defaults and {@code models} JSON
   * @param parallelRules what its accelerators allow
   * @param equipment what its models may have of packages
   */
  OptionSources(ServerConfig config, ParallelRules parallelRules, Equipment equipment) {
    this.config = config;
    this.parallelRules = parallelRules;
    this.equipment = equipment;
  }

  /** What the options of a model are made of beside those of the request, first the archive's. */
  List<ModelOverrides> beside(Model model) {
    return List.of(model.archive().overrides(), configured(model.key()));
  }

  private ModelOverrides configured(ModelKey key) {
    return config.modelOverrides().getOrDefault(key, ModelOverrides.NONE);
  }

  /**
   * The options of a model.
   *
   * @throws ServeException if they contradict each other or the server
   */
  ModelSpec spec(FetchedModel fetched) {
    ModelKey key = fetched.key();
    RegisterModel order = fetched.order();
    ModelArchive archive = fetched.archive();
    ModelDefaults defaults =
        order.atStart()
            ? config.defaults()
            : config.defaults().withWorkers(config.registerWorkers());
    ModelOverrides crew = ModelOverrides.builder().workers(order.initialWorkers(), null).build();
    List<ModelOverrides> given =
        List.of(order.overrides(), crew, archive.overrides(), configured(key));
    List<ModelOverrides> sources = new ArrayList<>(given);
    sources.add(ImpliedOptions.of(fetched.handler(), given));
    reportIdle(key, order, ModelSpec.idle(sources, defaults));
    ModelSpec spec = parallelRules.applied(key, ModelSpec.resolve(sources, defaults));
    boolean asked = sources.stream().anyMatch(from -> from.get(CrewOptions.WORKER_GROUP) != null);
    return groupable(key, spec, fetched.runtime(), equipment.obstacle(archive), asked);
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
    String file = ModelNaming.fileName(order.location());
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
}
