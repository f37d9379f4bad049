package ai.mariner.rest;

import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;

/**
 * A route of one model, beside those that every server has.
 *
 * @param method HTTP method
 * @param path begins with a fixed word; may end with {@code {url_path...}}, which takes all that
 *     follows
 * @param model the model that it means
 * @param operation what it asks of it
 * @param manner how it reads and answers
 */
public record AddedRoute(
    String method, String path, ModelRef model, Operation operation, Manner manner)
    implements Added {
  @Override
  public String owner() {
    return "model " + model.name();
  }

  /** Dialects to choose from. */
  public enum Manner {
    /** The body is the handler's input, errors have a type; the path's end is {@code url_path}. */
    TORCHSERVE,
    /** Errors as the Open Inference Protocol has them. */
    OPEN_INFERENCE
  }
}
