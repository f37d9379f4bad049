package ai.mariner.server.system;

import ai.mariner.server.metrics.MetricLine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * An operator's own program: it reads the process ids of the workers, with commas between them, and
 * prints a metric a line. What it prints after an empty line, the memory of the workers, is not
 * used: the server looks itself.
 *
 * @param program the program
 * @param pids process ids of the workers
 */
record CommandSource(Program program, Supplier<List<Long>> pids) implements SystemSource {
  /**
   * Program and arguments of a command. TorchServe passes all of it to Python: scripts and options
   * of the interpreter still go there, other programs are run themselves.
   */
  static List<String> words(String command, Path python) {
    List<String> words = new ArrayList<>(List.of(command.strip().split("\\s+")));
    String first = words.get(0);
    if (first.endsWith(".py") || first.startsWith("-")) {
      words.add(0, python.toString());
    }
    return words;
  }

  @Override
  public String who() {
    return String.join(" ", program.command());
  }

  @Override
  public List<MetricLine> read() throws IOException {
    String input = pids.get().stream().map(String::valueOf).collect(Collectors.joining(","));
    List<MetricLine> all = new ArrayList<>();
    for (String text : program.run(input)) {
      if (text.isBlank()) {
        break;
      }
      MetricLine line = MetricLine.parseBare(text.replaceFirst("^\\[METRICS]", ""));
      if (line == null) {
        throw new IOException(
            "it printed '"
                + text
                + "' (expected: Name.Unit:1.5|#Level:Host|#hostname:host,1795159175)");
      }
      all.add(line);
    }
    return all;
  }
}
