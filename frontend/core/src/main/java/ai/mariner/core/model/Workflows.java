package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.GraphPool;
import ai.mariner.core.graph.Served;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.NameRule;
import ai.mariner.core.message.ResponseSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Everything that can be done with workflows, and with applications, which are registered as they
 * are. Thread-safe; nothing here blocks the caller.
 */
public final class Workflows implements WorkflowCalls {
  private final WorkflowStore store;
  private final WorkflowAssembly assembly;
  private final ApplicationAssembly applications;
  private final ApplicationDoor door;
  private final ModelGroup group;
  private final ModelService models;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final Set<String> reserved = new HashSet<>();
  private final Map<String, Workflow> workflows = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /**
   * A registered workflow or application.
   *
   * @param name registered name
   * @param archive its archive
   * @param running what it was made into
   */
  private record Workflow(String name, WorkflowArchive archive, RunningWorkflow running) {}

  /**
   * Makes the service.
   *
   * @param store where archives come from
   * @param registration turns archives of nodes into models
   * @param models registers them
   * @param registry where they are looked up
   * @param entrance takes requests for one program
   * @param shared what all graphs share
   * @param door opens applications to clients
   * @param adminExecutor runs what blocks: fetching and unpacking
   * @param drainTimeout how long accepted work of a removed workflow may take
   */
  public Workflows(
      WorkflowStore store,
      Registration registration,
      ModelService models,
      ModelRegistry registry,
      Served entrance,
      GraphPool.Shared shared,
      ApplicationDoor door,
      Executor adminExecutor,
      Duration drainTimeout) {
    this.store = store;
    this.models = models;
    this.group = new ModelGroup(models, registry);
    this.assembly = new WorkflowAssembly(registration, group, shared);
    this.applications = new ApplicationAssembly(registration, group, entrance, shared);
    this.door = door;
    this.adminExecutor = adminExecutor;
    this.drainTimeout = drainTimeout;
  }

  @Override
  public CompletionStage<String> register(RegisterWorkflow order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    try {
      CompletionStage<String> registered =
          CompletableFuture.supplyAsync(() -> reserved(order), adminExecutor)
              .thenCompose(fetched -> assemble(order, fetched));
      return order.atStart() ? models.watched(order.location(), registered) : registered;
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedStage(shuttingDown());
    }
  }

  private static ServeException shuttingDown() {
    return new ServeException(
        ErrorKind.SHUTTING_DOWN, "The server is shutting down and takes no more workflows.");
  }

  private record Reserved(String name, WorkflowArchive archive) {}

  /** Fetches an archive and reserves its name. */
  private Reserved reserved(RegisterWorkflow order) {
    String given = order.name();
    if (given != null) {
      checkName(given);
      reserve(given);
    }
    WorkflowArchive archive;
    try {
      archive = store.fetch(order);
    } catch (RuntimeException e) {
      release(given == null ? "" : given);
      throw e;
    }
    String name = given == null ? archive.name() : given;
    try {
      if (given == null) {
        checkName(name);
        reserve(name);
      }
      return new Reserved(name, archive);
    } catch (RuntimeException e) {
      archive.files().release().run();
      throw e;
    }
  }

  private static void checkName(String name) {
    if (!NameRule.allows(name)) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "workflow_name: " + NameRule.shown(name) + " (expected: " + NameRule.EXPECTED + ")");
    }
  }

  private void reserve(String name) {
    synchronized (reserved) {
      if (workflows.containsKey(name) || !reserved.add(name)) {
        throw new ServeException(
            ErrorKind.CONFLICT, "Workflow " + name + " is already registered.");
      }
    }
  }

  private void release(String name) {
    synchronized (reserved) {
      reserved.remove(name);
    }
  }

  private CompletionStage<String> assemble(RegisterWorkflow order, Reserved fetched) {
    String name = fetched.name();
    return assembled(name, order, fetched.archive())
        .thenCompose(running -> published(new Workflow(name, fetched.archive(), running)))
        .whenComplete(
            (done, thrown) -> {
              release(name);
              if (thrown != null) {
                fetched.archive().files().release().run();
              }
            });
  }

  private CompletionStage<RunningWorkflow> assembled(
      String name, RegisterWorkflow order, WorkflowArchive archive) {
    return archive.content() instanceof ApplicationArchive application
        ? applications.assemble(name, order, application, () -> stopping)
        : assembly.assemble(name, order, archive, (WorkflowSpec) archive.content());
  }

  /** Lets clients in; nothing is left of it when they can't be. */
  private CompletionStage<String> published(Workflow workflow) {
    Application application = workflow.running().application();
    try {
      if (stopping) {
        throw shuttingDown();
      }
      if (application != null) {
        door.open(application);
      }
      workflows.put(workflow.name(), workflow);
      return CompletableFuture.completedStage(workflow.name());
    } catch (ServeException e) {
      return group
          .remove(workflow.running().programs())
          .thenCompose(nothing -> CompletableFuture.failedStage(e));
    }
  }

  @Override
  public CompletionStage<String> unregister(String name) {
    Workflow workflow;
    synchronized (reserved) {
      workflow = workflows.get(name);
      if (workflow == null) {
        return CompletableFuture.failedStage(absence(name).toException());
      }
      // Its nodes are registered until they are removed: nobody may take the name before.
      reserved.add(name);
      workflows.remove(name);
    }
    Application application = workflow.running().application();
    if (application != null) {
      door.close(application);
    }
    return drained(workflow, drainTimeout)
        .thenCompose(nothing -> group.remove(workflow.running().programs()))
        .whenComplete(
            (nothing, thrown) -> {
              workflow.archive().files().release().run();
              release(name);
            })
        .thenApply(nothing -> name);
  }

  private static Failure absence(String name) {
    return Failure.of(ErrorKind.MODEL_NOT_FOUND, "Workflow not found: " + NameRule.shown(name));
  }

  @Override
  public List<WorkflowStatus> list() {
    List<WorkflowStatus> all = new ArrayList<>();
    new TreeMap<>(workflows).values().forEach(workflow -> all.add(status(workflow)));
    return all;
  }

  @Override
  public WorkflowStatus describe(String name) {
    Workflow workflow = workflows.get(name);
    if (workflow == null) {
      throw absence(name).toException();
    }
    return status(workflow);
  }

  private static WorkflowStatus status(Workflow workflow) {
    return WorkflowStatus.of(workflow.name(), workflow.archive());
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    String name = request.model().name();
    Workflow workflow = workflows.get(name);
    if (workflow == null || stopping || workflow.running().application() != null) {
      request.release();
      sink.fail(
          stopping ? shuttingDown().failure() : workflow == null ? absence(name) : noGraph(name));
      return;
    }
    workflow.running().pools().get(0).submit(request, sink);
  }

  private static Failure noGraph(String name) {
    return Failure.of(
        ErrorKind.MODEL_NOT_FOUND, name + " is an application (expected: a path of its own)");
  }

  /**
   * Takes nothing more and finishes what was accepted; the nodes end with the other models.
   *
   * @param drain how long accepted work may take
   */
  public CompletionStage<Void> close(Duration drain) {
    stopping = true;
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (Workflow workflow : workflows.values()) {
      all.add(drained(workflow, drain).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }

  private static CompletionStage<Void> drained(Workflow workflow, Duration longest) {
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (GraphPool pool : workflow.running().pools()) {
      all.add(pool.close(longest.toNanos()).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
