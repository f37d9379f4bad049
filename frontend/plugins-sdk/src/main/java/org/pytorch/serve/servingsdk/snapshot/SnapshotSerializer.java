package org.pytorch.serve.servingsdk.snapshot;

import java.io.IOException;
import java.util.Properties;

/** Keeps snapshots in place of files. Calls come one after the other and may block. */
public interface SnapshotSerializer {
  /**
   * Keeps a snapshot.
   *
   * @param snapshot the models
   * @param config the configuration beside them: keys and texts
   * @throws IOException if it can't be kept
   */
  void saveSnapshot(Snapshot snapshot, Properties config) throws IOException;

  /**
   * The models of a snapshot.
   *
   * @param modelSnapshot what {@link #getLastSnapshot} has for {@code model_snapshot}
   * @throws IOException if it can't be read
   */
  Snapshot getSnapshot(String modelSnapshot) throws IOException;

  /**
   * The configuration that was kept last, with the key {@code model_snapshot}; null: there is none.
   */
  Properties getLastSnapshot();
}
