package ai.mariner.core.process;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.InputPart;
import java.util.List;

/**
 * A sample request of a model.
 *
 * @param name what messages call it: its file, or {@code text}
 * @param contentType media type of the body
 * @param body the body, in the heap: many runs share it
 */
public record WarmupSample(String name, String contentType, Body body) {
  /** The input of a request that sends this sample as its plain body. */
  public List<InputPart> parts() {
    return List.of(new InputPart("body", contentType, body));
  }
}
