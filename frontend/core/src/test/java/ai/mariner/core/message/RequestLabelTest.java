package ai.mariner.core.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class RequestLabelTest {
  @Test
  void aLabelIsAUuidOfVersionEightWhateverTheRandomBits() {
    Random random = new Random(1);
    for (int i = 0; i < 1000; i++) {
      long id = random.nextLong() & (Long.MAX_VALUE >> 1);
      RequestLabel labels = new RequestLabel(random.nextLong());
      UUID uuid = UUID.fromString(labels.of(id));
      assertThat(uuid.version()).isEqualTo(8);
      assertThat(uuid.variant()).isEqualTo(2);
      assertThat(uuid).hasToString(labels.of(id));
      assertThat(uuid.getLeastSignificantBits() & (Long.MAX_VALUE >> 1)).isEqualTo(id);
    }
  }

  @Test
  void workersGetThePrefixThatAllLabelsBeginWith() {
    RequestLabel labels = new RequestLabel(0x0123_4567_89ab_cdefL);
    assertThat(labels.prefixHex()).isEqualTo("0123456789ab8def");
    assertThat(labels.of(1)).isEqualTo("01234567-89ab-8def-8000-000000000001");
    assertThat(labels.of(2)).isNotEqualTo(labels.of(1));
  }
}
