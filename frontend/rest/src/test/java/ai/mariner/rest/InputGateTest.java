package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelConfig;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class InputGateTest {
  private final ChannelConfig connection = new EmbeddedChannel().config();
  private final List<Object> handled = new ArrayList<>();
  private final HttpRequest first = request("/first");
  private final HttpContent body = new DefaultHttpContent(Unpooled.EMPTY_BUFFER);
  private final HttpRequest second = request("/second");
  private int places;
  private final InputGate gate = new InputGate(() -> places > 0, this::handle);

  private void handle(Object message) {
    if (message instanceof HttpRequest) {
      places--;
    }
    handled.add(message);
  }

  private static HttpRequest request(String uri) {
    return new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, uri);
  }

  private void arrive(Object... messages) {
    for (Object message : messages) {
      gate.arrived(message, connection);
    }
  }

  @Test
  void aRequestWithoutRoomWaitsAndNothingIsRead() {
    arrive(first);

    assertThat(handled).isEmpty();
    assertThat(gate.isClear()).isFalse();
    assertThat(connection.isAutoRead()).isFalse();
  }

  @Test
  void theBodyOfARequestThatWasTakenNeedsNoRoom() {
    places = 1;

    arrive(first, body);

    assertThat(handled).containsExactly(first, body);
    assertThat(connection.isAutoRead()).isTrue();
  }

  @Test
  void whatWaitsIsLetInInOrderAsFarAsThereIsRoom() {
    arrive(first, body, second);

    places = 1;
    gate.letIn(connection);
    assertThat(handled).containsExactly(first, body);
    assertThat(connection.isAutoRead()).isFalse();

    places = 1;
    gate.letIn(connection);
    assertThat(handled).containsExactly(first, body, second);
    assertThat(connection.isAutoRead()).isTrue();
  }

  @Test
  void whatComesMeanwhileDoesNotOvertake() {
    arrive(first);
    places = 1;

    arrive(body);

    assertThat(handled).isEmpty();
    gate.letIn(connection);
    assertThat(handled).containsExactly(first, body);
  }

  @Test
  void anAnswerThatEndsWhileItsRequestIsLetInDoesNotChangeTheOrder() {
    InputGate[] made = new InputGate[1];
    made[0] =
        new InputGate(
            () -> places > 0,
            message -> {
              made[0].letIn(connection);
              handled.add(message);
            });
    made[0].arrived(first, connection);
    made[0].arrived(body, connection);

    places = 1;
    made[0].letIn(connection);

    assertThat(handled).containsExactly(first, body);
  }

  @Test
  void whatWaitsWhenTheConnectionEndsIsReleased() {
    ByteBuf bytes = Unpooled.buffer().writeByte(1);
    arrive(first, new DefaultHttpContent(bytes));

    gate.clear();

    assertThat(bytes.refCnt()).isZero();
    assertThat(gate.isClear()).isTrue();
  }
}
