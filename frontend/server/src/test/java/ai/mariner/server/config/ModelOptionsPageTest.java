package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.ModelOptions;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page is written anew by {@link ModelOptionsPage#main}. */
class ModelOptionsPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("mariner.root", "."), "docs", "reference", "model-options.md");

  @Test
  void theCommittedPageIsThatOfTheTable() {
    assertThat(PAGE).hasContent(ModelOptionsPage.text(ModelOptions.CHAPTERS));
  }
}
