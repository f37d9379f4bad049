package ai.mariner.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonGatheringTest {
  private final JsonGathering gathering = new JsonGathering();

  private static Reply reply(String text) {
    return reply(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Reply reply(byte[] bytes) {
    return new Reply(null, null, null, List.of(), Body.of(bytes));
  }

  private String gathered(String... values) {
    Map<String, Reply> answers = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      answers.put("n" + i, reply(values[i]));
    }
    Reply together = gathering.gather(answers);
    assertThat(together.contentType()).isEqualTo("application/json");
    return StandardCharsets.UTF_8.decode(together.body().bytes()).toString();
  }

  @Test
  void jsonStandsThereAsItIs() {
    assertThat(gathered("{\"a\": 1.50}", "[1, 2]", " 7 "))
        .isEqualTo("{\"n0\":{\"a\": 1.50},\"n1\":[1, 2],\"n2\": 7 }");
  }

  @Test
  void otherTextIsAString() {
    assertThat(gathered("a \"cat\"", "", "{\"a\":", "1 2"))
        .isEqualTo("{\"n0\":\"a \\\"cat\\\"\",\"n1\":\"\",\"n2\":\"{\\\"a\\\":\",\"n3\":\"1 2\"}");
  }

  @Test
  void whatIsNoTextIsRefusedByTheNameOfItsNode() {
    assertThatThrownBy(
            () -> gathering.gather(Map.of("image", reply(new byte[] {(byte) 0xff, (byte) 0xd8}))))
        .hasMessageStartingWith("Error executing image: its answer of 2 bytes is no text");
  }
}
