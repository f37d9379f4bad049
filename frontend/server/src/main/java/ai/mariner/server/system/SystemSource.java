package ai.mariner.server.system;

import ai.mariner.server.metrics.MetricLine;
import java.io.IOException;
import java.util.List;

/** Measures a part of the system. May block. */
interface SystemSource {
  /** Who measures, for messages. */
  String who();

  /**
   * Measures.
   *
   * @throws IOException saying what could not be measured
   */
  List<MetricLine> read() throws IOException;
}
