package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.ServerConfig.StartupModel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SyntaxTest {
  @ParameterizedTest
  @CsvSource({
    "120, PT2M",
    "1.5, PT1.5S",
    "500ms, PT0.5S",
    "10 m, PT10M",
    "1H, PT1H",
    "0.001, PT0.001S"
  })
  void readsTimes(String text, Duration expected) {
    assertThat(Syntax.seconds().read(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1d", "", "s", "0ms", "999999999999h", "1e3"})
  void refusesWhatIsNoTime(String text) {
    assertThatThrownBy(() -> Syntax.seconds().read(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "64k, 65536", "512 MiB, 536870912", "2GB, 2147483648", "1t, 1099511627776"})
  void readsSizes(String text, long expected) {
    assertThat(Syntax.bytes(1, Long.MAX_VALUE).read(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "1x", "", "k", "1.5m", "999999999999999999t"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> Syntax.bytes(1, Long.MAX_VALUE).read(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "0", "-2", "x", "100.5"})
  void refusesWhatIsNoPositiveNumber(String text) {
    assertThatThrownBy(() -> Syntax.positive(100).read(text))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void trimsStartupModelsAndTellsNamesFromAddresses() {
    assertThat(
            StartupModels.syntax()
                .read(" a.mar , b = c.mar,,https://h/d.mar?k=v, e=file:///f.mar, ./x=1.mar, a:b=g"))
        .containsExactly(
            new StartupModel(null, "a.mar"),
            new StartupModel("b", "c.mar"),
            new StartupModel(null, "https://h/d.mar?k=v"),
            new StartupModel("e", "file:///f.mar"),
            new StartupModel(null, "./x=1.mar"),
            new StartupModel("a:b", "g"));
    assertThat(StartupModels.syntax().read("ALL")).containsExactly(StartupModel.ALL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"=a.mar", "a=", "x.mar,=y", "org/net=a.mar", "..=a.mar"})
  void refusesHalfANamedModel(String text) {
    assertThatThrownBy(() -> StartupModels.syntax().read(text))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
