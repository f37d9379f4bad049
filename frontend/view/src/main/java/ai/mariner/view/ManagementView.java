package ai.mariner.view;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.ModelPage;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.ModelSummary;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.ScaleResult;
import ai.mariner.core.model.SwapResult;
import ai.mariner.core.model.SwapStep;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What management calls answer: JSON documents (indented, ending with a line end) and the sentences
 * of TorchServe.
 */
public final class ManagementView {
  private static final String PROCESSING = "Processing worker updates...";

  private ManagementView() {}

  /** Model versions as the describe call shows them: an array. */
  public static String describe(List<ModelStatus> models) {
    ArrayNode array = JsonText.array();
    for (ModelStatus model : models) {
      array.add(ModelStatusView.node(model));
    }
    return JsonText.of(array);
  }

  /**
   * One model version with what its handler tells of it: an array of one.
   *
   * @param model the model version
   * @param customizedMetadata the handler's answer; shown as {@code {}} unless it is a JSON object
   */
  public static String describe(ModelStatus model, byte[] customizedMetadata) {
    ObjectNode node = ModelStatusView.node(model);
    node.set("customizedMetadata", JsonText.objectOrEmpty(customizedMetadata));
    return JsonText.of(JsonText.array().add(node));
  }

  /** A page of the model list. */
  public static String list(ModelPage page) {
    ObjectNode node = JsonText.object();
    Integer next = page.nextPageToken();
    if (next != null) {
      node.put("nextPageToken", Integer.toString(next));
    }
    ArrayNode models = node.putArray("models");
    for (ModelSummary model : page.models()) {
      models.addObject().put("modelName", model.name()).put("modelUrl", model.location());
    }
    return JsonText.of(node);
  }

  /** The sentence that answers a registration. */
  public static String registered(RegisterResult result) {
    if (result.completion() == Completion.ACCEPTED && result.workers() > 0) {
      return PROCESSING;
    }
    String sentence =
        "Model \""
            + result.model().name()
            + "\" Version: "
            + result.model().version()
            + " registered with "
            + result.workers()
            + " initial workers";
    return result.workers() > 0
        ? sentence
        : sentence + ". Use scale workers API to add workers for the model.";
  }

  /** The sentence that answers a scale call. */
  public static String scaled(ScaleResult result) {
    return switch (result.outcome()) {
      case ACCEPTED -> PROCESSING;
      case IN_PROGRESS -> "Workers scaling in progress...";
      case DONE -> {
        String version = result.model().version();
        yield "Workers scaled to "
            + result.minWorkers()
            + " for model: "
            + result.model().name()
            + (version == null ? "" : ", version: " + version);
      }
    };
  }

  /** The sentence that answers an unregistration. */
  public static String unregistered(ModelKey model) {
    return "Model \"" + model.name() + "\" unregistered";
  }

  /** The sentence that answers a change of the default version. */
  public static String defaultSet(ModelKey model) {
    return "Default version successfully updated for model \""
        + model.name()
        + "\" to \""
        + model.version()
        + '"';
  }

  /** The document that answers a swap. */
  public static String swapped(SwapResult result) {
    ObjectNode node = JsonText.object();
    node.put(
        "status",
        "Model \""
            + result.name()
            + "\": version "
            + result.to()
            + " has taken the place of "
            + result.from());
    node.put("model", result.name()).put("from", result.from()).put("to", result.to());
    node.put("workers", result.workers()).put("oldKept", result.oldKept());
    putSteps(node, result.steps());
    return JsonText.of(node);
  }

  static void putSteps(ObjectNode node, List<SwapStep> steps) {
    ArrayNode array = node.putArray("steps");
    for (SwapStep step : steps) {
      double seconds = step.duration().toMillis() / 1000.0;
      array.addObject().put("step", step.name().text()).put("seconds", seconds);
    }
  }

  /** A sentence as a JSON document, {@code {"status": …}}. */
  public static String statusJson(String sentence) {
    return JsonText.of(JsonText.object().put("status", sentence));
  }
}
