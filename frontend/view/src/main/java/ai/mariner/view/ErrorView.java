package ai.mariner.view;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import org.jspecify.annotations.Nullable;

/** The JSON object that tells of an error. */
public final class ErrorView {
  private ErrorView() {}

  /**
   * Writes an error.
   *
   * @param code HTTP status
   * @param type name that clients compare, one of TorchServe's exception names where it had one
   * @param message what, the value, and what was expected
   * @param detail cause for operators; absent: not shown
   * @return indented JSON with a line end
   */
  public static String json(int code, String type, String message, @Nullable String detail) {
    ObjectNode node = JsonText.object();
    node.put("code", code);
    node.put("type", type);
    node.put("message", message);
    if (detail != null) {
      node.put("detail", detail);
    }
    return JsonText.of(node);
  }

  /** A text as JSON has it, with its quotes. */
  public static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  /**
   * Writes an error as the Open Inference Protocol has it.
   *
   * @param message what, the value, and what was expected
   * @return indented JSON with a line end
   */
  public static String openInference(String message) {
    return JsonText.of(JsonText.object().put("error", message));
  }
}
