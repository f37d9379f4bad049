package ai.mariner.view;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.ModelOption;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.model.WorkflowStatus;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What calls about workflows answer: JSON documents and the sentences of TorchServe. */
public final class WorkflowView {
  private WorkflowView() {}

  /**
   * A page of the list.
   *
   * @param next where the next page begins; absent: this is the last one
   */
  public static String list(List<WorkflowStatus> page, @Nullable Integer next) {
    ObjectNode node = JsonText.object();
    if (next != null) {
      node.put("nextPageToken", Integer.toString(next));
    }
    ArrayNode all = node.putArray("workflows");
    for (WorkflowStatus workflow : page) {
      all.addObject().put("workflowName", workflow.name()).put("workflowUrl", workflow.location());
    }
    return JsonText.of(node);
  }

  /** A workflow: an array of one. The numbers are the largest of its nodes'. */
  public static String describe(WorkflowStatus workflow) {
    ArrayNode array = JsonText.array();
    ObjectNode node = array.addObject();
    node.put("workflowName", workflow.name())
        .put("workflowUrl", workflow.location())
        .put("minWorkers", most(workflow, CrewOptions.MIN_WORKERS))
        .put("maxWorkers", most(workflow, CrewOptions.MAX_WORKERS))
        .put("batchSize", most(workflow, ProgramOptions.BATCH_SIZE))
        .put("maxBatchDelay", longestDelay(workflow))
        .put("workflowDag", dag(workflow).toString());
    ApplicationSpec application = workflow.application();
    if (application != null) {
      addApplication(node, application);
    }
    return JsonText.of(array);
  }

  /** What only applications have. */
  private static void addApplication(ObjectNode node, ApplicationSpec application) {
    ArrayNode stages = node.putArray("stages");
    application.stages().forEach(stages::add);
    ArrayNode routes = node.putArray("routes");
    for (RouteSpec route : application.routes()) {
      ArrayNode nodes =
          routes
              .addObject()
              .put("method", route.method())
              .put("path", route.path())
              .putArray("nodes");
      for (NodeSpec step : route.nodes()) {
        ObjectNode shown = nodes.addObject().put("name", step.name()).put("stage", step.stage());
        ArrayNode inputs = shown.putArray("inputs");
        step.inputs().forEach(inputs::add);
      }
    }
    ArrayNode documents = node.putArray("documents");
    application.documents().forEach(document -> documents.add(document.path()));
  }

  private static int most(WorkflowStatus workflow, ModelOption<Integer> option) {
    return workflow.steps().stream()
        .map(step -> step.options().get(option))
        .filter(Objects::nonNull)
        .mapToInt(Integer::intValue)
        .max()
        .orElse(1);
  }

  private static long longestDelay(WorkflowStatus workflow) {
    return workflow.steps().stream()
        .map(step -> step.options().get(ProgramOptions.MAX_BATCH_DELAY))
        .filter(Objects::nonNull)
        .mapToLong(Duration::toMillis)
        .max()
        .orElse(0);
  }

  /** Nodes and those that they lead to. */
  private static Map<String, List<String>> dag(WorkflowStatus workflow) {
    Map<String, List<String>> dag = new LinkedHashMap<>();
    for (WorkflowStatus.Step step : workflow.steps()) {
      for (String input : step.inputs()) {
        dag.computeIfAbsent(input, unused -> new ArrayList<>()).add(step.name());
      }
    }
    return dag;
  }

  /** The sentence that answers a registration. */
  public static String registered(String name) {
    return "Workflow " + name + " has been registered and scaled successfully.";
  }

  /** The sentence that answers a removal. */
  public static String unregistered(String name) {
    return "Workflow \"" + name + "\" unregistered";
  }
}
