package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import ai.mariner.core.error.ErrorKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The reference page of errors has the tables of this API in three of its columns. */
class ErrorsPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("mariner.root", "."), "docs", "reference", "errors.md");

  @Test
  void thePageHasTheStatusAndTypeOfEveryKind() throws IOException {
    TorchServeErrors mariner = new TorchServeErrors(Profile.MARINER, false);
    TorchServeErrors torchserve = new TorchServeErrors(Profile.TORCHSERVE, false);
    List<String> expected =
        Arrays.stream(ErrorKind.values())
            .map(kind -> row(kind, mariner.row(kind), torchserve.row(kind)))
            .toList();
    List<String> shown =
        Files.readAllLines(PAGE).stream()
            .filter(line -> line.startsWith("| `"))
            .map(line -> line.split(" \\| "))
            .map(cells -> cells[0] + " | " + cells[2] + " | " + cells[3] + " | " + cells[5])
            .toList();
    assertThat(shown).containsExactlyElementsOf(expected);
  }

  private static String row(ErrorKind kind, TorchServeErrors.Row own, TorchServeErrors.Row legacy) {
    String openInference = OpenInferenceErrors.status(kind) + " |";
    return "| `" + kind + "` | " + cell(own) + " | " + cell(legacy) + " | " + openInference;
  }

  private static String cell(TorchServeErrors.Row row) {
    return row.status() + " " + row.type();
  }
}
