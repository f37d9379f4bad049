package ai.mariner.plugins;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SdkSignaturesTest {
  /** The list was printed by {@link SdkSignatures#main} with the jar of TorchServe 0.12.0. */
  @Test
  void theSdkHasAllThatJarsForTorchServeAskOf() throws Exception {
    List<String> known;
    try (InputStream list = getClass().getResourceAsStream("/torchserve-sdk-0.12.0.txt")) {
      known =
          new BufferedReader(
                  new InputStreamReader(Objects.requireNonNull(list), StandardCharsets.UTF_8))
              .lines()
              .toList();
    }
    assertThat(SdkSignatures.lines()).isEqualTo(known);
  }
}
