package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.Profile;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The page is written anew by {@link ReferencePage#main}. */
class ReferencePageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("mariner.root", "."), "docs", "reference", "configuration.md");

  @Test
  void theCommittedPageIsThatOfTheTable() throws IOException {
    assertThat(PAGE).hasContent(ReferencePage.text(new Settings()));
  }

  @Test
  void keysAndEnvironmentNamesAreUnique() {
    Settings settings = new Settings();
    assertThat(settings.all()).extracting(Setting::key).doesNotHaveDuplicates();
    assertThat(settings.all()).extracting(Setting::environmentName).doesNotHaveDuplicates();
  }

  @Test
  void everyDefaultIsWellFormed() {
    for (Setting<?> setting : new Settings().all()) {
      for (Profile profile : Profile.values()) {
        if (setting.fallback().text(profile) != null) {
          assertThat(setting.defaultValue(profile)).as(setting.key()).isNotNull();
        }
      }
    }
  }
}
