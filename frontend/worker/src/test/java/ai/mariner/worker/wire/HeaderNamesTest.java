package ai.mariner.worker.wire;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Headers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeaderNamesTest {
  @Test
  void theLastOfANameKeepsIt() {
    assertThat(named("Host", "X-Tag", "Y-Tag", "X-Tag", "x-tag", "X-Tag"))
        .containsExactly("Host", "X-Tag[0]", "Y-Tag", "X-Tag[1]", "x-tag", "X-Tag");
  }

  @Test
  void namesThatDifferStayAsTheyAre() {
    String longest = "x".repeat(64);
    assertThat(named("Host", longest, "Accept", "Cookie"))
        .containsExactly("Host", longest, "Accept", "Cookie");
    assertThat(named()).isEmpty();
  }

  private static List<String> named(String... given) {
    Headers headers =
        consumer -> {
          for (String name : given) {
            consumer.accept(name, "v");
          }
        };
    HeaderNames names = HeaderNames.of(headers);
    List<String> shown = new ArrayList<>();
    headers.forEach((name, value) -> shown.add(names.next(name).toString()));
    return shown;
  }
}
