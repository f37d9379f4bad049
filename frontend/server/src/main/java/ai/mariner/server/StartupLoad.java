package ai.mariner.server;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RestoredModel;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.crew.Readiness;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.model.ArchiveStore;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.Model;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.RegistryListener;
import ai.mariner.core.model.WorkflowCalls;
import ai.mariner.server.state.ServerState;
import ai.mariner.server.state.ServerState.Model.Progress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the start-up models and reports how they and all later models are doing: a moment after
 * each change, so that many of them make one report.
 */
final class StartupLoad implements RegistryListener {
  private static final Logger log = LoggerFactory.getLogger(StartupLoad.class);
  private static final long REPORT_DELAY_MILLIS = 20;

  private final ServerConfig config;
  private final ArchiveStore archives;
  private final ModelService models;
  private final WorkflowCalls workflows;
  private final StateReport state;
  private final ScheduledExecutorService timer;
  private final Consumer<List<RestoredModel>> whenRegistered;
  private final Map<String, ServerState.Model> unregistered = new ConcurrentHashMap<>();
  private final AtomicBoolean reportDue = new AtomicBoolean();

  /**
   * Makes the load of a start.
   *
   * @param whenRegistered told when each model is registered or has failed, with those of a
   *     snapshot that are not there
   */
  StartupLoad(
      ServerConfig config,
      ArchiveStore archives,
      ModelService models,
      WorkflowCalls workflows,
      StateReport state,
      ScheduledExecutorService timer,
      Consumer<List<RestoredModel>> whenRegistered) {
    this.config = config;
    this.archives = archives;
    this.models = models;
    this.workflows = workflows;
    this.state = state;
    this.timer = timer;
    this.whenRegistered = whenRegistered;
  }

  /**
   * Begins; returns at once.
   *
   * @return ends when each application has its routes, or has failed
   */
  CompletionStage<Void> begin() {
    List<RestoredModel> snapshot = config.snapshots().restored();
    List<ServerConfig.StartupModel> wanted = snapshot == null ? wanted() : models(snapshot);
    if (snapshot != null) {
      log.info("Started restoring models from snapshot: {} versions", snapshot.size());
    }
    if (!wanted.isEmpty()) {
      log.info(
          "Loading initial models: {}",
          wanted.stream().map(StartupLoad::label).collect(Collectors.joining(",")));
    }
    for (ServerConfig.StartupModel model : wanted) {
      String label = label(model);
      unregistered.put(label, row(label, model.location(), Progress.FETCHING, null));
    }
    for (String location : config.startupApplications()) {
      unregistered.put(location, row(location, location, Progress.FETCHING, null));
    }
    report();
    models.listen(this);
    List<CompletableFuture<?>> opened = new ArrayList<>();
    config.startupApplications().forEach(location -> opened.add(begin(location)));
    List<CompletionStage<RegisterResult>> results =
        models.registerInOrder(
            snapshot == null
                ? wanted.stream().map(StartupLoad::order).toList()
                : snapshot.stream().map(StartupLoad::order).toList());
    List<CompletableFuture<?>> ends = new ArrayList<>();
    for (int i = 0; i < wanted.size(); i++) {
      ServerConfig.StartupModel model = wanted.get(i);
      ends.add(
          results
              .get(i)
              .whenComplete((result, thrown) -> registered(model, result, thrown))
              .toCompletableFuture());
    }
    var unused =
        CompletableFuture.allOf(ends.toArray(CompletableFuture<?>[]::new))
            .whenComplete(
                (nothing, thrown) -> allRegistered(snapshot == null ? List.of() : snapshot));
    return CompletableFuture.allOf(opened.toArray(CompletableFuture<?>[]::new));
  }

  private void allRegistered(List<RestoredModel> snapshot) {
    warnOfOptionsWithoutModel();
    List<Model> all = models.models();
    List<RestoredModel> missing = new ArrayList<>();
    for (RestoredModel wanted : snapshot) {
      boolean there = all.stream().anyMatch(model -> model.key().equals(wanted.key()));
      if (!there && !isOtherVersion(wanted, all)) {
        missing.add(wanted);
      }
    }
    whenRegistered.accept(missing);
  }

  /** The archive may have been replaced since. */
  private static boolean isOtherVersion(RestoredModel wanted, List<Model> all) {
    for (Model model : all) {
      if (model.key().name().equals(wanted.key().name())
          && model.order().location().equals(wanted.location())) {
        log.warn(
            "model {} of the snapshot: {} holds version {} (expected: {})",
            wanted.key().name(),
            wanted.location(),
            model.key().version(),
            wanted.key().version());
        return true;
      }
    }
    return false;
  }

  private static List<ServerConfig.StartupModel> models(List<RestoredModel> snapshot) {
    return snapshot.stream()
        .map(model -> new ServerConfig.StartupModel(model.key().name(), model.location()))
        .toList();
  }

  private static RegisterModel order(RestoredModel model) {
    return new RegisterModel(
        model.location(),
        model.key().name(),
        model.handler(),
        model.runtime(),
        null,
        model.options(),
        Completion.ACCEPTED,
        true);
  }

  private CompletableFuture<Void> begin(String application) {
    log.info("Loading application: {}", application);
    return workflows
        .register(RegisterWorkflow.atStart(application))
        .<@Nullable Void>handle(
            (name, thrown) -> {
              if (thrown == null) {
                unregistered.remove(application);
                log.info("Application {} loaded. Its workers are starting", name);
              } else {
                String reason = ServeException.failureOf(thrown).message();
                log.error("Failed to load application: {}: {}", application, reason);
                unregistered.put(
                    application, row(application, application, Progress.FAILED, reason));
              }
              reportSoon();
              return null;
            })
        .toCompletableFuture();
  }

  /** They may be for a model that is registered later, or misspelt. */
  private void warnOfOptionsWithoutModel() {
    Set<ModelKey> loaded =
        models.models().stream().map(Model::key).collect(Collectors.toUnmodifiableSet());
    for (ModelKey key : config.modelOverrides().keySet()) {
      if (!loaded.contains(key)) {
        log.warn(
            "models.{}.{}: not loaded at start (expected: name and version of a model); its options"
                + " are kept for a registration",
            key.name(),
            key.version());
      }
    }
  }

  private List<ServerConfig.StartupModel> wanted() {
    List<ServerConfig.StartupModel> wanted = new ArrayList<>();
    for (ServerConfig.StartupModel model : config.startupModels()) {
      if (model.name() == null && model.location().toLowerCase(Locale.ROOT).equals("all")) {
        archives
            .list(config.worker().defaultHandler() != null)
            .forEach(l -> wanted.add(new ServerConfig.StartupModel(null, l)));
      } else {
        wanted.add(model);
      }
    }
    return wanted;
  }

  private static String label(ServerConfig.StartupModel model) {
    return model.name() == null ? model.location() : model.name();
  }

  private static RegisterModel order(ServerConfig.StartupModel model) {
    return new RegisterModel(
        model.location(),
        model.name(),
        null,
        null,
        null,
        ModelOverrides.NONE,
        Completion.ACCEPTED,
        true);
  }

  private void registered(
      ServerConfig.StartupModel model,
      @Nullable RegisterResult result,
      @Nullable Throwable thrown) {
    String label = label(model);
    if (thrown == null) {
      unregistered.remove(label);
      // In words that TorchServe's users look for.
      log.info(
          "Model {} loaded. Its workers are starting",
          result == null ? label : result.model().name());
      reportSoon();
      return;
    }
    String reason = ServeException.failureOf(thrown).message();
    log.error("Failed to load model: {}: {}", model.location(), reason);
    unregistered.put(label, row(label, model.location(), Progress.FAILED, reason));
    reportSoon();
  }

  private static ServerState.Model row(
      String label, String location, Progress stage, @Nullable String reason) {
    return new ServerState.Model(label, null, location, stage, 0, 0, reason);
  }

  @Override
  public void published(Model model) {
    reportSoon();
  }

  @Override
  public void removed(Model model) {
    reportSoon();
  }

  @Override
  public void stateChanged(Model model) {
    reportSoon();
  }

  private void reportSoon() {
    if (reportDue.compareAndSet(false, true)) {
      try {
        timer.schedule(
            () -> {
              reportDue.set(false);
              report();
            },
            REPORT_DELAY_MILLIS,
            TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException serverHasEnded) {
        log.debug("the state of the models is not reported: the server has ended");
      }
    }
  }

  private void report() {
    List<ServerState.Model> rows = new ArrayList<>(unregistered.values());
    for (Model model : models.models()) {
      rows.add(row(model));
    }
    rows.sort(
        Comparator.comparing(ServerState.Model::name)
            .thenComparing(r -> r.version() == null ? "" : r.version()));
    boolean settled =
        rows.stream()
            .map(ServerState.Model::progress)
            .allMatch(p -> p == Progress.READY || p == Progress.FAILED);
    state.models(rows, settled);
  }

  private static ServerState.Model row(Model model) {
    Readiness readiness = model.pool().readiness();
    Progress stage =
        readiness.satisfied()
            ? Progress.READY
            : readiness.failed() ? Progress.FAILED : Progress.LOADING;
    return new ServerState.Model(
        model.key().name(),
        model.key().version(),
        model.location(),
        stage,
        readiness.ready(),
        readiness.wanted(),
        readiness.satisfied() ? null : readiness.lastFailure());
  }
}
