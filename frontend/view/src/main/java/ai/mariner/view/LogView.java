package ai.mariner.view;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;

/** What is told of log files. */
public final class LogView {
  private LogView() {}

  /** The document that lists log files by name, with their sizes in bytes. */
  public static String files(Map<String, Long> sizes) {
    ObjectNode node = JsonText.object();
    ArrayNode files = node.putArray("files");
    new TreeMap<>(sizes)
        .forEach((name, bytes) -> files.addObject().put("name", name).put("bytes", bytes));
    return JsonText.of(node);
  }
}
