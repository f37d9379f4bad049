package ai.mariner.rest;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.WorkflowCalls;
import ai.mariner.core.model.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Two workflows, {@code flow} and {@code other}, that echo. */
final class FakeWorkflows implements WorkflowCalls {
  final List<RegisterWorkflow> orders = new ArrayList<>();
  final List<InferenceRequest> requests = new ArrayList<>();

  private static WorkflowStatus workflow(String name) {
    return new WorkflowStatus(name, name + ".war", List.of(step("pre"), step("m1", "pre")), null);
  }

  private static WorkflowStatus.Step step(String name, String... inputs) {
    ModelOverrides options =
        ModelOverrides.builder()
            .workers(2, 3)
            .batchSize(4)
            .maxBatchDelay(Duration.ofMillis(50))
            .build();
    return new WorkflowStatus.Step(name, List.of(inputs), options);
  }

  @Override
  public CompletionStage<String> register(RegisterWorkflow order) {
    orders.add(order);
    return CompletableFuture.completedStage("flow");
  }

  @Override
  public CompletionStage<String> unregister(String name) {
    return CompletableFuture.completedStage(name);
  }

  @Override
  public List<WorkflowStatus> list() {
    return List.of(workflow("flow"), workflow("other"));
  }

  @Override
  public WorkflowStatus describe(String name) {
    if (!name.equals("flow")) {
      throw new ServeException(ErrorKind.MODEL_NOT_FOUND, "Workflow not found: " + name);
    }
    return workflow(name);
  }

  @Override
  public void submit(InferenceRequest request, ResponseSink sink) {
    requests.add(request);
    TestServer.echo(request, sink);
  }
}
