package ai.mariner.server.system;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that prints what it measures and ends.
 *
 * @param command program and arguments
 * @param folder working directory
 * @param limit how long it may take
 */
record Program(List<String> command, Path folder, Duration limit) {
  private static final int MOST_BYTES = 1 << 20;
  private static final int SHOWN = 200;

  /** Copies the list. */
  Program {
    command = List.copyOf(command);
  }

  /**
   * Runs it.
   *
   * @param input a line for its standard input
   * @return what it printed
   * @throws IOException if it can't be started, takes too long, or fails
   */
  List<String> run(String input) throws IOException {
    // A file takes any amount without a second thread, and is there when the program is not.
    Path output = Files.createTempFile("mariner-system-", ".txt");
    Path errors = Files.createTempFile("mariner-system-", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      try {
        await(process, input, errors);
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      if (Files.size(output) > MOST_BYTES) {
        throw new IOException(
            "it printed " + Files.size(output) + " bytes (expected: <= " + MOST_BYTES + ")");
      }
      return Files.readString(output).lines().toList();
    } finally {
      Files.deleteIfExists(output);
      Files.deleteIfExists(errors);
    }
  }

  private void await(Process process, String input, Path errors) throws IOException {
    try (OutputStream stream = process.getOutputStream()) {
      stream.write((input + '\n').getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It does not read its input.
    }
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException("it has not ended within " + limit.toSeconds() + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("the server stops", e);
    }
    if (process.exitValue() != 0) {
      String said = Files.readString(errors).strip();
      String end = said.length() > SHOWN ? said.substring(said.length() - SHOWN) : said;
      throw new IOException("it ended with status " + process.exitValue() + ": " + end);
    }
  }
}
