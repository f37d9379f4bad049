package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a workflow is made of.
 *
 * @param handler file of its functions; absent: it has none
 * @param steps its nodes
 */
public record WorkflowSpec(@Nullable String handler, List<Step> steps) implements WorkflowContent {
  /** Copies the steps. */
  public WorkflowSpec {
    steps = List.copyOf(steps);
  }

  /**
   * A node: a model of the store, or a function of the workflow's handler file.
   *
   * @param name name within the workflow
   * @param url location of its archive; absent: it is a function
   * @param inputs nodes whose answers it is given; none: it is given the request
   * @param options options of the model
   * @param retries how often it is tried again
   * @param timeout how long one try may take
   */
  public record Step(
      String name,
      @Nullable String url,
      List<String> inputs,
      ModelOverrides options,
      int retries,
      Duration timeout) {
    /** Copies the inputs. */
    public Step {
      inputs = List.copyOf(inputs);
    }
  }
}
