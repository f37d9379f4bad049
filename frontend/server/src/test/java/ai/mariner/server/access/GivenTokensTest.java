package ai.mariner.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.Secret;
import ai.mariner.core.config.TokenConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GivenTokensTest {
  @TempDir Path folder;
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);

  private Path write(String inference, String management) throws IOException {
    String form = "{\"inference\": {\"key\": %s}, \"management\": {\"key\": %s}}";
    return Files.writeString(folder.resolve("tokens.json"), form.formatted(inference, management));
  }

  private static TokenConfig config(
      @Nullable Path file, @Nullable String inference, @Nullable String management) {
    return new TokenConfig(
        60,
        Duration.ofSeconds(30),
        file,
        inference == null ? null : new Secret(inference),
        management == null ? null : new Secret(management));
  }

  @Test
  void tokensOfFileAndConfigurationLetIn() throws IOException {
    Path file = write("[\"first-token\", \"second-token\"]", "\"third-token\"");
    GivenTokens tokens = new GivenTokens(config(file, "fourth-token", null), nanos::get);
    for (String good : new String[] {"first-token", "second-token", "fourth-token"}) {
      assertThat(tokens.check(TokenScope.INFERENCE, "Bearer " + good)).isNull();
    }
    assertThat(tokens.check(TokenScope.MANAGEMENT, "Bearer third-token")).isNull();
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer third-token")).isNotNull();
    assertThat(tokens.check(TokenScope.INFERENCE, null)).isNotNull();
    assertThat(tokens.rotate(TokenScope.INFERENCE, "Bearer first-token")).isNotNull();
  }

  @Test
  void aChangedFileLeavesFormerTokensTheirGrace() throws IOException {
    Path file = write("\"former-token\"", "\"third-token\"");
    GivenTokens tokens = new GivenTokens(config(file, null, null), nanos::get);
    write("\"a-new-token\"", "\"third-token\"");
    tokens.look();
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer a-new-token")).isNotNull();
    tokens.look();
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer a-new-token")).isNull();
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer former-token")).isNull();
    nanos.addAndGet(Duration.ofSeconds(30).toNanos());
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer former-token")).isNotNull();
    assertThat(tokens.check(TokenScope.MANAGEMENT, "Bearer third-token")).isNull();
    Files.writeString(file, "{");
    tokens.look();
    tokens.look();
    assertThat(tokens.check(TokenScope.INFERENCE, "Bearer a-new-token")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | it is no JSON object",
        "{ | it is no JSON",
        "{\"inference\": {\"key\": 5}} | a key is no text",
        "{\"inference\": {\"key\": \"short\"}} | 8 to 1024 printable",
        "{\"inference\": {\"key\": \"long-enough\"}} | management_token: none",
      })
  void whatIsWrongIsNamed(String text, String reason) throws IOException {
    Path file = Files.writeString(folder.resolve("tokens.json"), text);
    assertThatThrownBy(() -> new GivenTokens(config(file, null, null), nanos::get))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aMissingFileIsNamed() {
    TokenConfig missing = config(folder.resolve("none"), null, null);
    assertThatThrownBy(() -> new GivenTokens(missing, nanos::get))
        .hasMessageStartingWith("token_file: ")
        .hasMessageContaining("there is no such file");
  }
}
