package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReplyCodingTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "gzip | GZIP",
        "deflate, gzip | GZIP",
        "gzip;q=0.2, deflate;q=0.8 | DEFLATE",
        "br, deflate | DEFLATE",
        "* | GZIP",
        "gzip;q=0, * | DEFLATE",
        "br | none",
        "identity | none",
        "gzip;q=0 | none",
        "gzip, deflate, br, zstd | ZSTD",
        "gzip, zstd;q=0.5 | GZIP",
        "zstd;q=0, gzip | GZIP",
      })
  void theClientsWeightsDecide(String accepted, @Nullable ReplyCoding coding) {
    HttpHeaders headers = new DefaultHttpHeaders().add("Accept-Encoding", accepted);
    assertThat(ReplyCoding.accepted(headers)).isEqualTo(coding);
  }

  @Test
  void withoutAWordNothingIsPacked() {
    assertThat(ReplyCoding.accepted(new DefaultHttpHeaders())).isNull();
  }

  @ParameterizedTest
  @EnumSource(ReplyCoding.class)
  void whatIsPackedCanBeUnpacked(ReplyCoding coding) throws IOException {
    byte[] first = new byte[100_000];
    byte[] second = {1, 2, 3};
    List<ByteBuffer> pieces = List.of(ByteBuffer.wrap(first), ByteBuffer.wrap(second));
    Reply packed = coding.packed(reply(Body.joined(pieces, Body.empty()), List.of()));
    assertThat(packed.headers())
        .extracting(Reply.Header::name)
        .containsExactly("Content-Encoding", "Vary");
    byte[] bytes = new byte[packed.body().size()];
    packed.body().bytes().get(bytes);
    InputStream in = new ByteArrayInputStream(bytes);
    InputStream unpacking =
        switch (coding) {
          case GZIP -> new GZIPInputStream(in);
          case DEFLATE -> new InflaterInputStream(in);
          case ZSTD -> new ZstdInputStreamNoFinalizer(in);
        };
    try (unpacking) {
      assertThat(unpacking.readAllBytes()).hasSize(first.length + second.length).endsWith(second);
    }
  }

  @Test
  void whatIsSmallOrPackedStaysAsItIs() {
    Reply small = reply(Body.of(new byte[100]), List.of());
    assertThat(ReplyCoding.GZIP.packed(small)).isSameAs(small);
    List<Reply.Header> coded = List.of(new Reply.Header("content-encoding", "br"));
    Reply packed = reply(Body.of(new byte[10_000]), coded);
    assertThat(ReplyCoding.GZIP.packed(packed)).isSameAs(packed);
  }

  private static Reply reply(Body body, List<Reply.Header> headers) {
    return new Reply(200, null, Replies.JSON, headers, body);
  }
}
