package ai.mariner.core.model;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.graph.GraphPool;
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

/** Everything that can be done with workflows. Thread-safe; nothing here blocks the caller. */
public final class Workflows implements WorkflowCalls {
  private final WorkflowStore store;
  private final WorkflowAssembly assembly;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final Set<String> reserved = new HashSet<>();
  private final Map<String, Workflow> workflows = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  /**
   * A registered workflow.
   *
   * @param name registered name
   * @param archive its archive
   * @param pool the requests that are in it
   */
  record Workflow(String name, WorkflowArchive archive, GraphPool pool) {}

  /**
   * Makes the service.
   *
   * @param store where archives come from
   * @param registration turns archives of nodes into models
   * @param models registers them
   * @param registry where they are looked up
   * @param shared what all graphs share
   * @param adminExecutor runs what blocks: fetching and unpacking
   * @param drainTimeout how long accepted work of a removed workflow may take
   */
  public Workflows(
      WorkflowStore store,
      Registration registration,
      ModelService models,
      ModelRegistry registry,
      GraphPool.Shared shared,
      Executor adminExecutor,
      Duration drainTimeout) {
    this.store = store;
    this.assembly = new WorkflowAssembly(registration, models, registry, shared);
    this.adminExecutor = adminExecutor;
    this.drainTimeout = drainTimeout;
  }

  @Override
  public CompletionStage<String> register(RegisterWorkflow order) {
    if (stopping) {
      return CompletableFuture.failedStage(shuttingDown());
    }
    try {
      return CompletableFuture.supplyAsync(() -> reserved(order), adminExecutor)
          .thenCompose(fetched -> assemble(order, fetched));
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
      archive = store.fetch(order.location());
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
    return assembly
        .assemble(name, order, fetched.archive())
        .thenCompose(
            pool -> {
              if (stopping) {
                return CompletableFuture.failedStage(shuttingDown());
              }
              workflows.put(name, new Workflow(name, fetched.archive(), pool));
              return CompletableFuture.completedStage(name);
            })
        .whenComplete(
            (done, thrown) -> {
              release(name);
              if (thrown != null) {
                fetched.archive().files().release().run();
              }
            });
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
    return workflow
        .pool()
        .close(drainTimeout.toNanos())
        .thenCompose(nothing -> assembly.removeNodes(workflow.pool()))
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
    WorkflowArchive archive = workflow.archive();
    return new WorkflowStatus(workflow.name(), archive.files().location(), archive.spec().steps());
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    String name = request.model().name();
    Workflow workflow = workflows.get(name);
    if (workflow == null || stopping) {
      request.release();
      sink.fail(stopping ? shuttingDown().failure() : absence(name));
      return;
    }
    workflow.pool().submit(request, sink);
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
      all.add(workflow.pool().close(drain.toNanos()).toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new));
  }
}
