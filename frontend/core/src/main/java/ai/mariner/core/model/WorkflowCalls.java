package ai.mariner.core.model;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ResponseSink;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What the APIs ask of workflows. No call blocks; stages fail with a {@link
 * ai.mariner.core.error.ServeException} and complete on any thread.
 */
public interface WorkflowCalls {
  /**
   * Registers a workflow and waits for the workers of all its nodes.
   *
   * @return its name; when it fails, nothing of the workflow is left
   */
  CompletionStage<String> register(RegisterWorkflow order);

  /**
   * Removes a workflow with its nodes: it is gone for new requests at once, accepted ones are
   * finished first.
   */
  CompletionStage<String> unregister(String name);

  /** All workflows, sorted by name. */
  List<WorkflowStatus> list();

  /**
   * A workflow.
   *
   * @throws ai.mariner.core.error.ServeException MODEL_NOT_FOUND
   */
  WorkflowStatus describe(String name);

  /**
   * Runs a request. Never throws; every outcome arrives through the sink, exactly once.
   *
   * @param request names the workflow as its model; its bodies belong to the callee from now on
   * @param sink who wants the answer
   */
  void submit(InferenceRequest request, ResponseSink sink);
}
