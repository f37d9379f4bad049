package ai.mariner.core.model;

import ai.mariner.core.config.WarmupInput;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.process.WarmupSample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the sample requests of an archive. Blocks. */
final class WarmupFiles {
  private final Path directory;
  private final int maxBytes;

  /**
   * Makes a reader.
   *
   * @param directory folder of the model's files
   * @param maxBytes size of a sample that a client could send, too
   */
  WarmupFiles(Path directory, int maxBytes) {
    this.directory = directory;
    this.maxBytes = maxBytes;
  }

  /**
   * The samples with their bodies.
   *
   * @throws ServeException ARCHIVE_INVALID that names the input that is missing, unreadable or too
   *     large
   */
  List<WarmupSample> read(List<WarmupInput> inputs) {
    List<WarmupSample> samples = new ArrayList<>();
    for (WarmupInput input : inputs) {
      String file = input.file();
      String text = input.text();
      String name = file == null ? "text" : file;
      String where = "warmup: input " + (samples.size() + 1) + " (" + name + "): ";
      byte[] bytes =
          file == null
              ? (text == null ? "" : text).getBytes(StandardCharsets.UTF_8)
              : content(directory.resolve(file), where);
      if (bytes.length > maxBytes) {
        throw invalid(where + "too large (expected: at most max_request_size, " + maxBytes + ')');
      }
      samples.add(new WarmupSample(name, input.contentType(), Body.of(bytes)));
    }
    return List.copyOf(samples);
  }

  /** The bytes of a file; of one that is too large only enough to tell. */
  private byte[] content(Path path, String where) {
    if (!Files.isRegularFile(path)) {
      throw invalid(where + "not found (expected: a file in the archive)");
    }
    try (InputStream in = Files.newInputStream(path)) {
      return in.readNBytes(maxBytes == Integer.MAX_VALUE ? maxBytes : maxBytes + 1);
    } catch (IOException e) {
      throw invalid(where + "not readable (" + e.getClass().getSimpleName() + ')');
    }
  }

  private static ServeException invalid(String message) {
    return new ServeException(ErrorKind.ARCHIVE_INVALID, message);
  }
}
