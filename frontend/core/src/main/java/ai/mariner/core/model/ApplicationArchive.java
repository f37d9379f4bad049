package ai.mariner.core.model;

import ai.mariner.core.application.ApplicationSpec;
import java.util.Map;

/**
 * An application on disk.
 *
 * @param spec what it is made of
 * @param stages the files of each stage by its name; they belong to the application's, and giving
 *     them back does nothing
 */
public record ApplicationArchive(ApplicationSpec spec, Map<String, ModelArchive> stages)
    implements WorkflowContent {
  /** Copies the map. */
  public ApplicationArchive {
    stages = Map.copyOf(stages);
  }
}
