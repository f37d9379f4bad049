package ai.mariner.archive;

import ai.mariner.core.config.WarmupInput;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes the {@code json} values of warm-up inputs as texts. */
final class WarmupJson {
  private static final String KEY = "json";

  private final ObjectMapper json = new ObjectMapper();

  /** The same inputs; where one is not as it must be, it stays as it is, to be reported. */
  Object asTexts(Object inputs) {
    if (!(inputs instanceof List<?> items)) {
      return inputs;
    }
    List<@Nullable Object> texts = new ArrayList<>();
    for (Object item : items) {
      boolean written =
          item instanceof Map<?, ?> fields
              && fields.containsKey(KEY)
              && !fields.containsKey("text");
      texts.add(written ? asText((Map<?, ?>) item) : item);
    }
    return texts;
  }

  private Map<?, ?> asText(Map<?, ?> item) {
    Map<@Nullable Object, @Nullable Object> fields = new HashMap<>(item);
    try {
      fields.put("text", json.writeValueAsString(fields.remove(KEY)));
    } catch (JsonProcessingException containsItself) {
      return item;
    }
    fields.putIfAbsent(WarmupInput.CONTENT_TYPE, "application/json");
    return fields;
  }
}
