package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.DependencyConfig;
import ai.mariner.core.config.DependencyConfig.Installer;
import ai.mariner.core.config.Profile;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DependencySettingsTest {
  @ParameterizedTest
  @EnumSource(Profile.class)
  void nothingIsInstalledUnlessTheOperatorSaysSo(Profile profile) {
    DependencyConfig config = Loading.as(profile).config().dependencies();
    assertThat(config.installed()).isFalse();
    assertThat(config.cache()).isAbsolute().hasFileName("mariner-dependencies");
  }

  @Test
  void readsAllKeys() {
    assertThat(
            Loading.torchserve(
                    "install_py_dep_per_model=true",
                    "dependency_installer=UV",
                    "dependency_timeout=90",
                    "dependency_cache=kept/here",
                    "dependency_cache_size=2k")
                .config()
                .dependencies())
        .isEqualTo(
            new DependencyConfig(
                true, Path.of("/srv/app/kept/here"), 2048, Installer.UV, Duration.ofSeconds(90)));
  }

  @ParameterizedTest
  @CsvSource({
    "dependency_installer, conda, 'one of auto, uv, pip'",
    "install_py_dep_per_model, maybe, true or false",
  })
  void namesWhatWasExpected(String key, String value, String expected) {
    assertThat(Loading.mariner(key + "=" + value).problems())
        .containsExactly(key + ": " + value + " (expected: " + expected + ") [config.properties]");
  }
}
