package ai.mariner.core.worker;

import java.util.Map;

/**
 * What a worker needs to load a model.
 *
 * @param handle the model's number on this connection, not 0
 * @param fields fields of the LOAD frame by name
 */
public record LoadCommand(int handle, Map<String, String> fields) {
  /** Keeps a copy of the fields. */
  public LoadCommand {
    fields = Map.copyOf(fields);
  }
}
