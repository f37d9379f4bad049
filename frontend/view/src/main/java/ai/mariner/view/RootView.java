package ai.mariner.view;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/** What an address says of itself to somebody who only has the address. */
public final class RootView {
  private RootView() {}

  /**
   * The document.
   *
   * @param version product version
   * @param apis names of the sets of routes that the address serves
   */
  public static String document(String version, List<String> apis) {
    ObjectNode node = JsonText.object().put("server", "Mariner").put("version", version);
    // KServe's clients of the first protocol ask the root whether the server lives.
    node.put("status", "alive");
    ArrayNode served = node.putArray("serves");
    for (String api : apis) {
      served.add(api.toLowerCase(Locale.ROOT));
    }
    ObjectNode paths = node.putObject("see");
    if (apis.contains("INFERENCE")) {
      paths.put("health", "/readyz");
    }
    if (apis.contains("MANAGEMENT")) {
      paths.put("models", "/models");
    }
    if (apis.contains("METRICS")) {
      paths.put("metrics", "/metrics");
    }
    if (!apis.equals(List.of("METRICS"))) {
      paths.put("description", "/api-description");
    }
    return JsonText.of(node);
  }
}
