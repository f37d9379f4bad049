package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FormRuleTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "a=1",
        "a=1&b=2",
        "data=aGk=",
        "data=aGVsbG8=&top=5",
        "a=&b=",
        "a=1&",
        "text=two words, and more!",
        "user[name]=x&user[age]=3",
        "first-name=x&last.name=y&a_b=z&a+b=c",
        "na%20me=v%26w",
        "a=x=y",
        "a=%3D",
      })
  void forms(String text) {
    assertThat(isForm(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "aGVsbG8=",
        "aGVsbG8==",
        "ab/c+d=",
        "CC(=O)OC1=CC=CC=C1C(=O)O",
        "[Na+].[Cl-]&x",
        "E = m*c^2",
        "a=",
        "=a",
        "a=1&=2",
        "a=1&bare",
        "bare&a=1",
        "a=1&&b=2",
        "&a=1",
        "a=1&&",
        "100% = all",
        "a=100%",
        "a=100%2",
        "a%zz=1",
        "a=%4g&b=1",
        "{\"a\": \"b=c\"}",
        "<a href=\"x?y=1&z=2\">",
        "https://host/path?a=1&b=2",
        "n\u00e4me=x",
      })
  void texts(String text) {
    assertThat(isForm(text)).isFalse();
  }

  private static boolean isForm(String text) {
    return FormRule.isForm(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
  }
}
