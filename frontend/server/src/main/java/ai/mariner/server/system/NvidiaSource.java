package ai.mariner.server.system;

import ai.mariner.server.metrics.MetricLine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * GPUs, as the driver's own command tells them.
 *
 * @param lines makes the lines
 * @param program prints {@code index, used MiB, total MiB, utilization} for each GPU
 */
record NvidiaSource(Lines lines, Program program) implements SystemSource {
  /** The command. */
  static final List<String> COMMAND =
      List.of(
          "nvidia-smi",
          "--query-gpu=index,memory.used,memory.total,utilization.gpu",
          "--format=csv,noheader,nounits");

  private static final int COLUMNS = 4;
  private static final double PERCENT = 100;

  @Override
  public String who() {
    return String.join(" ", program.command());
  }

  @Override
  public List<MetricLine> read() throws IOException {
    List<MetricLine> all = new ArrayList<>();
    for (String row : program.run("")) {
      String[] cells = row.split(",");
      if (cells.length != COLUMNS) {
        continue;
      }
      String device = cells[0].strip();
      double used = number(cells[1]);
      double total = number(cells[2]);
      double busy = number(cells[3]);
      // A GPU that is shared says "[N/A]" to some.
      if (total > 0) {
        all.add(lines.ofDevice("GPUMemoryUtilization", "Percent", PERCENT * used / total, device));
      }
      if (!Double.isNaN(used)) {
        all.add(lines.ofDevice("GPUMemoryUsed", "Megabytes", used, device));
      }
      if (!Double.isNaN(busy)) {
        all.add(lines.ofDevice("GPUUtilization", "Percent", busy, device));
      }
    }
    return all;
  }

  private static double number(String cell) {
    String text = cell.strip();
    return text.matches("\\d+(\\.\\d+)?") ? Double.parseDouble(text) : Double.NaN;
  }
}
