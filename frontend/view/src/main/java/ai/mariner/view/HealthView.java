package ai.mariner.view;

import ai.mariner.core.model.Health;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What health routes answer: JSON documents (indented, ending with a line end). */
public final class HealthView {
  private HealthView() {}

  /** The document that answers a ping. */
  public static String ping(boolean healthy) {
    return ManagementView.statusJson(healthy ? "Healthy" : "Unhealthy");
  }

  /** The document that answers a liveness probe. */
  public static String live() {
    return ManagementView.statusJson("Live");
  }

  /**
   * The document that answers a readiness probe.
   *
   * @param health what the server knows
   * @param reasons whether the caller may read what is missing
   */
  public static String readiness(Health health, boolean reasons) {
    ObjectNode node = JsonText.object();
    node.put("status", health.ready() ? "Ready" : "Not ready");
    if (reasons && !health.reasons().isEmpty()) {
      ArrayNode lines = node.putArray("reasons");
      health.reasons().forEach(lines::add);
    }
    return JsonText.of(node);
  }

  /** The Open Inference Protocol's liveness of a server that answers. */
  public static String serverLive() {
    return JsonText.of(JsonText.object().put("live", true));
  }

  /** The Open Inference Protocol's readiness of the server. */
  public static String serverReady(boolean ready) {
    return JsonText.of(JsonText.object().put("ready", ready));
  }

  /**
   * Readiness of a model, as both of KServe's protocols tell it.
   *
   * @param name model name
   * @param ready whether the model would serve
   */
  public static String modelReady(String name, boolean ready) {
    return JsonText.of(JsonText.object().put("name", name).put("ready", ready));
  }
}
