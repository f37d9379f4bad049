package ai.mariner.core.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A sample request that a worker must answer before it counts as ready. Exactly one of {@code file}
 * and {@code text} is given.
 *
 * @param contentType media type of the body
 * @param file path of the body below the archive's folder, without {@code ..}
 * @param text the body itself, sent as UTF-8
 */
public record WarmupInput(String contentType, @Nullable String file, @Nullable String text) {
  /** Key of an item's media type. */
  public static final String CONTENT_TYPE = "contentType";

  /** A list of them as an option; what is written as JSON has to be a text by then. */
  static OptionType<List<WarmupInput>> type() {
    return OptionType.composed(
        "a list of mappings with one of file, json or text, and perhaps contentType",
        (path, value, options) -> {
          if (!(value instanceof List<?> items)) {
            throw new IllegalArgumentException(path);
          }
          List<WarmupInput> inputs = new ArrayList<>();
          for (Object item : items) {
            if (!(item instanceof Map<?, ?> fields)) {
              throw new IllegalArgumentException(path);
            }
            inputs.add(input(fields));
          }
          return List.copyOf(inputs);
        });
  }

  private static WarmupInput input(Map<?, ?> fields) {
    Object type = fields.get(CONTENT_TYPE);
    if ((type != null && !(type instanceof String)) || fields.size() != (type == null ? 1 : 2)) {
      throw new IllegalArgumentException(CONTENT_TYPE);
    }
    String given = (String) type;
    if (fields.get("file") instanceof String file && isInside(file)) {
      return new WarmupInput(given == null ? "application/octet-stream" : given, file, null);
    }
    if (fields.get("text") instanceof String text) {
      return new WarmupInput(given == null ? "text/plain" : given, null, text);
    }
    throw new IllegalArgumentException("file");
  }

  private static boolean isInside(String file) {
    try {
      Path path = Path.of(file);
      return !file.isEmpty() && !path.isAbsolute() && !path.normalize().startsWith("..");
    } catch (InvalidPathException e) {
      return false;
    }
  }
}
