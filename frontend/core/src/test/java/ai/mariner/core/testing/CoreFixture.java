package ai.mariner.core.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.crew.MemoryWatch;
import ai.mariner.core.crew.WorkerFactory;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.inference.InferenceService;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.RequestLabel;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.ModelArchive;
import ai.mariner.core.model.ModelRegistry;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.Registration;
import ai.mariner.core.model.WorkflowArchive;
import ai.mariner.core.model.WorkflowContent;
import ai.mariner.core.model.WorkflowSpec;
import ai.mariner.core.model.Workflows;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.core.worker.HostMemory;
import ai.mariner.core.worker.ResidentMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole core over fakes: virtual time, workers that are healthy unless a test says otherwise,
 * archives in name only. What an adapter's tests need behind their adapter.
 */
public final class CoreFixture {
  /** Virtual time of all models. */
  public final FakeLoop loop = new FakeLoop();

  /** Bodies of requests and answers. */
  public final BodyLedger bodies = new BodyLedger();

  /** Worker processes. */
  public final FakeLauncher launcher = new FakeLauncher(bodies).healthy();

  /** Archives. */
  public final FakeArchives archives = new FakeArchives();

  /** Packages that archives ask for. */
  public final FakeDependencies dependencies = new FakeDependencies();

  /** Counts. */
  public final CountingMetrics metrics = new CountingMetrics();

  /** Registered models. */
  public final ModelRegistry registry = new ModelRegistry(Runnable::run);

  /** Management. */
  public final ModelService models;

  /** Bytes of answers that wait between nodes of workflows. */
  public final InflightBudget budget = new InflightBudget(1_000_000);

  /** Applications that clients may call. */
  public final FakeDoor door = new FakeDoor();

  /** Workflows and applications. */
  public final Workflows workflows;

  private final Map<String, WorkflowContent> workflowSpecs = new ConcurrentHashMap<>();
  private final Map<String, String> workflowNames = new ConcurrentHashMap<>();

  /** Predictions. */
  public final InferenceService inference;

  /** A server of this configuration that does on the caller's thread what would block. */
  public CoreFixture(ServerConfig config) {
    this(config, Runnable::run);
  }

  /** A server of this configuration that does on this executor what would block. */
  public CoreFixture(ServerConfig config, Executor admin) {
    WorkerFactory.Shared shared =
        Configs.workers(
            launcher,
            config.worker(),
            config.limits(),
            new MemoryWatch(ResidentMemory.UNKNOWN, HostMemory.UNKNOWN, Runnable::run));
    RequestLabel labels = shared.labels();
    Registration registration =
        new Registration(
            config,
            archives,
            dependencies,
            registry,
            shared,
            metrics,
            List.of(loop),
            BatchRules.NONE);
    models =
        new ModelService(
            registry, registration, admin, config.limits().drainTimeout(), ResidentMemory.UNKNOWN);
    inference = new InferenceService(registry, labels);
    workflows =
        new Workflows(
            this::fetchWorkflow,
            registration,
            models,
            registry,
            inference::submit,
            new GraphPool.Shared(
                inference::step,
                inference::nextRequestId,
                labels,
                budget,
                answers -> answers.values().iterator().next()),
            door,
            admin,
            config.limits().drainTimeout());
  }

  /** Puts an archive of a workflow there, which has functions in {@code functions.py}. */
  public void putWorkflow(String location, String name, WorkflowContent spec) {
    archives.put(location, null, "1.0");
    workflowSpecs.put(location, spec);
    workflowNames.put(location, name);
  }

  private WorkflowArchive fetchWorkflow(RegisterWorkflow order) {
    String location = order.location();
    ModelArchive files = archives.fetch(location);
    WorkflowContent spec =
        workflowSpecs.getOrDefault(location, new WorkflowSpec("functions.py", List.of()));
    String name = workflowNames.getOrDefault(location, location);
    return new WorkflowArchive(files, name, spec);
  }

  /** A server of the {@code mariner} profile. */
  public static CoreFixture standard() {
    return new CoreFixture(Configs.server(Path.of("server")).build());
  }

  /** An order to register an archive by call and to wait for so many workers. */
  public static RegisterModel order(String location, int workers) {
    return new RegisterModel(
        location,
        null,
        null,
        null,
        null,
        ModelOverrides.builder().workers(workers, null).build(),
        Completion.READY,
        false);
  }

  /** Sends a model a request, {@code x}, through one of the core's doors. */
  public RecordingSink submit(ModelRef model, BiConsumer<InferenceRequest, ResponseSink> door) {
    RecordingSink sink = new RecordingSink();
    long id = inference.nextRequestId();
    door.accept(Requests.of(id, bodies.body("x")).model(model).build(), sink);
    return sink;
  }

  /** Does the same and lets the loop have its turn. */
  public RecordingSink ask(ModelRef model, BiConsumer<InferenceRequest, ResponseSink> door) {
    RecordingSink sink = submit(model, door);
    loop.runReady();
    return sink;
  }

  /** The living process of a model; of several, the one that was started last. */
  public FakeWorker worker(String model) {
    return launcher.alive().stream()
        .filter(worker -> worker.launch().model().name().equals(model))
        .reduce((first, last) -> last)
        .orElseThrow(() -> new AssertionError("no process of " + model));
  }

  /** Checks that no model, workflow, process or folder is there. */
  public void assertNothingLeft() {
    assertThat(workflows.list()).isEmpty();
    assertThat(registry.all()).isEmpty();
    assertThat(launcher.alive()).isEmpty();
    assertThat(archives.unpacked()).isZero();
    assertThat(door.open()).isEmpty();
  }

  /** Waits for a stage in virtual time that does not pass: runs what is ready. */
  public <T> CompletableFuture<T> settle(CompletionStage<T> stage) {
    loop.runReady();
    return stage.toCompletableFuture();
  }

  /** The value of a stage that must be there once everything ready has run. */
  public <T> T value(CompletionStage<T> stage) {
    CompletableFuture<T> future = settle(stage);
    if (!future.isDone()) {
      throw new AssertionError("not done: " + stage);
    }
    return future.join();
  }

  /** The failure of a stage that must be there once everything ready has run. */
  public Failure failure(CompletionStage<?> stage) {
    CompletableFuture<?> future = settle(stage);
    if (!future.isCompletedExceptionally()) {
      throw new AssertionError("no failure: " + future);
    }
    @Nullable Throwable thrown = future.<Throwable>handle((value, error) -> error).join();
    return ServeException.failureOf(thrown);
  }
}
