package ai.mariner.core.message;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameRuleTest {
  @ParameterizedTest
  @ValueSource(strings = {"m", "m-1.x", "a b", "ä", "a:b", "a?b", "a%2fb", "..a", "\ud83d\ude00"})
  void takesWhatPathsCanCarry(String name) {
    assertThat(NameRule.allows(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", " ", "org/net", "/", ".", "..", "a\nb", "a\u0000", "a\u0085", "\ud83d", "\ude00a"
      })
  void refusesWhatNoPathCanCarry(String name) {
    assertThat(NameRule.allows(name)).isFalse();
  }

  @Test
  void bounds() {
    assertThat(NameRule.allows("x".repeat(128))).isTrue();
    assertThat(NameRule.allows("x".repeat(129))).isFalse();
  }

  @Test
  void showsNamesOnOneLine() {
    assertThat(NameRule.shown("a\r\nb")).isEqualTo("a??b");
    assertThat(NameRule.shown("x".repeat(500))).hasSize(128);
  }
}
