package ai.mariner.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {
  private static final TrustedProxies PROXIES =
      TrustedProxies.parse(List.of("10.0.0.0/8", "192.168.1.130/25", "fd00::/8", "::1"));

  @ParameterizedTest
  @CsvSource({
    "10.255.0.1,true",
    "11.0.0.1,false",
    "192.168.1.129,true",
    "192.168.1.127,false",
    "fd12::5,true",
    "fe80::5,false",
    "::1,true",
    "::2,false",
    "127.0.0.1,false",
  })
  void whatARangeHolds(String address, boolean trusted) throws Exception {
    assertThat(PROXIES.trusts(InetAddress.getByName(address))).isEqualTo(trusted);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "10.0.0.1 | 1.2.3.4 | 1.2.3.4",
        "10.0.0.1 | 6.6.6.6, 1.2.3.4 | 1.2.3.4",
        "10.0.0.1 | 6.6.6.6, 1.2.3.4, 10.9.9.9 | 1.2.3.4",
        "10.0.0.1 | 10.1.1.1, 10.9.9.9 | 10.1.1.1",
        "10.0.0.1 | 1.2.3.4:5678 | 1.2.3.4",
        "10.0.0.1 | '[2001:db8::7]:443' | 2001:db8:0:0:0:0:0:7",
        "10.0.0.1 | 2001:db8::7 | 2001:db8:0:0:0:0:0:7",
        "10.0.0.1 | 1.2.3.4, unknown, 10.9.9.9 | 10.9.9.9",
        "10.0.0.1 | evil.example | ",
        "10.0.0.1 | 300.1.1.1 | ",
        "10.0.0.1 | '' | ",
        "9.9.9.9 | 1.2.3.4 | ",
      })
  void theClientIsTheLastThatIsNoProxyOfOurs(String peer, String header, String client)
      throws Exception {
    assertThat(PROXIES.client(InetAddress.getByName(peer), List.of(header))).isEqualTo(client);
  }

  @Test
  void severalHeadersAreOneList() throws Exception {
    InetAddress proxy = InetAddress.getByName("10.0.0.1");
    assertThat(PROXIES.client(proxy, List.of("6.6.6.6", "1.2.3.4", "10.0.0.2")))
        .isEqualTo("1.2.3.4");
  }

  @Test
  void whoeverIsOnAUnixSocketIsBelievedWhereThatIsSaid() {
    List<String> header = List.of("1.2.3.4");
    assertThat(PROXIES.client(null, header)).isNull();
    assertThat(TrustedProxies.parse(List.of("unix")).client(null, header)).isEqualTo("1.2.3.4");
    assertThat(TrustedProxies.NONE.isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"proxy.example", "10.0.0.0/33", "10.0.0", "::1/129", "10.0.0.1/", "x:y"})
  void whatIsNoAddressIsRefusedWithoutAskingForAName(String text) {
    assertThatThrownBy(() -> TrustedProxies.parse(List.of(text))).hasMessage(text);
  }
}
