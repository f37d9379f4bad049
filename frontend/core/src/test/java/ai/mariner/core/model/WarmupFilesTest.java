package ai.mariner.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.WarmupInput;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.process.WarmupSample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WarmupFilesTest {
  private static final int MOST = 10;

  @TempDir Path directory;

  private List<WarmupSample> read(WarmupInput... inputs) {
    return new WarmupFiles(directory, MOST).read(List.of(inputs));
  }

  private static WarmupInput file(String path) {
    return new WarmupInput("application/json", path, null);
  }

  private void refused(WarmupInput input, String message) {
    assertThatThrownBy(() -> read(file("ten.json"), input))
        .isInstanceOfSatisfying(
            ServeException.class,
            e -> {
              assertThat(e.failure().kind()).isEqualTo(ErrorKind.ARCHIVE_INVALID);
              assertThat(e.failure().message()).startsWith(message);
            });
  }

  @Test
  void filesAndTextsBecomeBodies() throws IOException {
    Files.createDirectory(directory.resolve("samples"));
    Files.writeString(directory.resolve("samples/a.json"), "{\"a\": 1}");
    List<WarmupSample> samples =
        read(file("samples/a.json"), new WarmupInput("text/plain", null, "grüß"));
    assertThat(samples.get(0).name()).isEqualTo("samples/a.json");
    assertThat(text(samples.get(0))).isEqualTo("{\"a\": 1}");
    assertThat(samples.get(1).contentType()).isEqualTo("text/plain");
    assertThat(text(samples.get(1))).isEqualTo("grüß");
  }

  @Test
  void aSampleThatNoRequestCouldBeIsRefusedByItsName() throws IOException {
    Files.writeString(directory.resolve("ten.json"), "0123456789");
    Files.writeString(directory.resolve("large.json"), "0123456789a");
    Files.createDirectory(directory.resolve("folder"));
    refused(file("none.json"), "warmup: input 2 (none.json): not found");
    refused(file("folder"), "warmup: input 2 (folder): not found");
    refused(file("large.json"), "warmup: input 2 (large.json): too large");
    refused(
        new WarmupInput("text/plain", null, "0123456789a"), "warmup: input 2 (text): too large");
  }

  private static String text(WarmupSample sample) {
    return StandardCharsets.UTF_8.decode(sample.body().bytes()).toString();
  }
}
