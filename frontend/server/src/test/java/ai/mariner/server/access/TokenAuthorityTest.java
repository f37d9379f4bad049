package ai.mariner.server.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokenAuthorityTest {
  private static final Instant START = Instant.parse("2026-11-20T07:00:00Z");

  @TempDir Path folder;
  private final AtomicReference<Instant> now = new AtomicReference<>(START);
  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1);
  private final TokenAuthority.Clocks clocks = new TokenAuthority.Clocks(now::get, nanos::get);
  private Path file;
  private TokenAuthority authority;

  @BeforeEach
  void createKeys() throws IOException {
    file = folder.resolve("key_file.json");
    authority = TokenAuthority.create(file, life(60, 0), clocks, new SecureRandom());
  }

  private static TokenAuthority.Life life(int minutes, int graceMinutes) {
    return new TokenAuthority.Life(Duration.ofMinutes(minutes), Duration.ofMinutes(graceMinutes));
  }

  @Test
  void aRenewedKeyLeavesTheFormerOneItsGrace() throws IOException {
    authority = TokenAuthority.create(file, life(60, 2), clocks, new SecureRandom());
    String former = bearer("inference");
    assertThat(authority.rotate(TokenScope.INFERENCE, bearer("API"))).isNull();
    assertThat(authority.check(TokenScope.INFERENCE, bearer("inference"))).isNull();
    passes(Duration.ofSeconds(119));
    assertThat(authority.check(TokenScope.INFERENCE, former)).isNull();
    passes(Duration.ofSeconds(1));
    assertThat(authority.check(TokenScope.INFERENCE, former)).isNotNull();
    assertThat(authority.check(TokenScope.INFERENCE, bearer("inference"))).isNull();
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(file.toFile());
  }

  private String bearer(String name) throws IOException {
    return "Bearer " + json().get(name).get("key").textValue();
  }

  @Test
  void writesTheFileInTorchServesForm() throws IOException {
    JsonNode root = json();
    assertThat(List.copyOf(root.properties()).stream().map(java.util.Map.Entry::getKey))
        .containsExactly("management", "inference", "API");
    assertThat(root.get("inference").get("expiration time").textValue())
        .isEqualTo("2026-11-20T08:00:00Z");
    assertThat(root.get("management").has("expiration time")).isTrue();
    assertThat(root.get("API").has("expiration time")).isFalse();
  }

  @Test
  void keysHaveAtLeast128BitsAndDiffer() throws IOException {
    List<String> keys = List.of(bearer("management"), bearer("inference"), bearer("API"));
    assertThat(keys).doesNotHaveDuplicates();
    for (String key : keys) {
      assertThat(Base64.getUrlDecoder().decode(key.substring("Bearer ".length())))
          .hasSizeGreaterThanOrEqualTo(16);
    }
  }

  @Test
  void onlyTheOwnerReadsTheFile() throws IOException {
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    authority.rotate(TokenScope.INFERENCE, bearer("API"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void replacesAFileThatOthersCouldRead() throws IOException {
    Files.writeString(folder.resolve("key_file.json.new"), "left behind");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    TokenAuthority.create(file, life(1, 0), clocks, new SecureRandom());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void aKeyOpensItsOwnScopeOnly() throws IOException {
    assertThat(authority.check(TokenScope.INFERENCE, bearer("inference"))).isNull();
    String lower = bearer("inference").replace("Bearer", "bearer");
    assertThat(authority.check(TokenScope.INFERENCE, lower)).isNull();
    String upper = bearer("inference").replace("Bearer", "BEARER");
    assertThat(authority.check(TokenScope.INFERENCE, upper)).isNull();
    assertThat(authority.check(TokenScope.MANAGEMENT, bearer("management"))).isNull();
    assertThat(authority.check(TokenScope.MANAGEMENT, bearer("inference"))).isNotNull();
    assertThat(authority.check(TokenScope.INFERENCE, bearer("API"))).isNotNull();
    assertThat(authority.rotate(TokenScope.INFERENCE, bearer("inference"))).isNotNull();
  }

  @Test
  void theRefusalNamesTheFileAndTheSwitch() {
    assertThat(authority.check(TokenScope.INFERENCE, null))
        .satisfies(
            failure -> {
              assertThat(failure.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
              assertThat(failure.message())
                  .startsWith(
                      "Token Authorization failed. Token either incorrect, expired, or not provided"
                          + " correctly")
                  .contains("key_file.json")
                  .contains("disable_token_authorization")
                  .contains("--disable-token-auth")
                  .doesNotContain(folder.toString());
            });
  }

  @Test
  void onlyTheBearerSchemeCounts() throws IOException {
    String key = bearer("inference").substring("Bearer ".length());
    for (String header :
        List.of(
            key, "bearers " + key, "Bearer" + key, "Bearer " + key + " x", "Basic " + key, "")) {
      assertThat(authority.check(TokenScope.INFERENCE, header)).as(header).isNotNull();
    }
    assertThat(authority.check(TokenScope.INFERENCE, "Bearer \t" + key)).isNull();
  }

  @Test
  void keysExpireButTheApiKeyDoesNot() throws IOException {
    String inference = bearer("inference");
    passes(Duration.ofSeconds(3599));
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNull();
    passes(Duration.ofSeconds(1));
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNotNull();
    assertThat(authority.rotate(TokenScope.INFERENCE, bearer("API"))).isNull();
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNotNull();
    assertThat(authority.check(TokenScope.INFERENCE, bearer("inference"))).isNull();
    assertThat(json().get("inference").get("expiration time").textValue())
        .isEqualTo("2026-11-20T09:00:00Z");
  }

  private void passes(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
    nanos.addAndGet(time.toNanos());
  }

  @Test
  void aJumpOfTheCalendarNeitherEndsAKeyNorLengthensItsLife() throws IOException {
    String inference = bearer("inference");
    now.set(START.plus(Duration.ofDays(3653)));
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNull();
    now.set(START.minus(Duration.ofDays(1)));
    passes(Duration.ofMinutes(60));
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNotNull();
  }

  @ParameterizedTest
  @EnumSource(
      value = TokenScope.class,
      names = {"INFERENCE", "MANAGEMENT"})
  void renewingOneKeyLeavesTheOthers(TokenScope scope) throws IOException {
    JsonNode before = json();
    assertThat(authority.rotate(scope, bearer("API"))).isNull();
    JsonNode after = json();
    String renewed = scope == TokenScope.INFERENCE ? "inference" : "management";
    for (String name : List.of("inference", "management", "API")) {
      assertThat(after.get(name).equals(before.get(name))).isEqualTo(!name.equals(renewed));
    }
  }

  @Test
  void theApiKeyItselfIsNotRenewed() throws IOException {
    assertThat(authority.rotate(TokenScope.API, bearer("API")))
        .satisfies(failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.BAD_REQUEST));
  }

  @Test
  void aFileThatCannotBeWrittenKeepsTheFormerKey() throws IOException {
    String inference = bearer("inference");
    String api = bearer("API");
    Files.delete(file);
    Files.delete(folder);
    assertThat(authority.rotate(TokenScope.INFERENCE, api))
        .satisfies(failure -> assertThat(failure.kind()).isEqualTo(ErrorKind.INTERNAL));
    assertThat(authority.check(TokenScope.INFERENCE, inference)).isNull();
    Files.createDirectory(folder);
  }

  @Test
  void startingWhereNothingCanBeWrittenFails() {
    assertThatThrownBy(
            () ->
                TokenAuthority.create(
                    folder.resolve("no/such/key_file.json"),
                    life(1, 0),
                    clocks,
                    new SecureRandom()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void closingRemovesTheFile() {
    authority.close();
    authority.close();
    assertThat(file).doesNotExist();
  }
}
