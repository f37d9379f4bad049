package ai.mariner.core.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EditDistanceTest {
  @ParameterizedTest
  @CsvSource({
    "'','',0",
    "key,key,0",
    "'',key,3",
    "batchSize,batchsize,1",
    "batchSize,batchSizes,1",
    "batchSize,atchSize,1",
    "workers,wrokers,2",
    "kitten,sitting,3",
  })
  void isTheSameInBothDirections(String from, String to, int edits) {
    assertThat(EditDistance.between(from, to)).isEqualTo(edits);
    assertThat(EditDistance.between(to, from)).isEqualTo(edits);
  }
}
