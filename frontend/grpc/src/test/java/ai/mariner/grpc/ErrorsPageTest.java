package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reference page of errors has the codes of this API in its fifth column. */
class ErrorsPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("mariner.root", "."), "docs", "reference", "errors.md");

  @Test
  void thePageHasTheCodeOfEveryKind() throws IOException {
    List<String> expected =
        Arrays.stream(ErrorKind.values())
            .map(kind -> "| `" + kind + "` | " + GrpcErrors.code(Failure.of(kind, "m")))
            .toList();
    List<String> shown =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.split(" \\| "))
            .map(cells -> cells[0] + " | " + cells[4])
            .toList();
    assertThat(shown).containsExactlyElementsOf(expected);
  }
}
