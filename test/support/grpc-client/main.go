// One gRPC call with raw messages: what Go's own stack makes of the server.
// grpc-client ENDPOINT CA CERT KEY METHOD HEX prints "CODE HEX" or "CODE TEXT".
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
)

type raw struct{}

func (raw) Marshal(v interface{}) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v interface{}) error { *v.(*[]byte) = data; return nil }
func (raw) Name() string                               { return "proto" }

func main() {
	endpoint, ca, cert, key, method, message := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]
	pool := x509.NewCertPool()
	pem, err := os.ReadFile(ca)
	check(err)
	pool.AppendCertsFromPEM(pem)
	pair, err := tls.LoadX509KeyPair(cert, key)
	check(err)
	config := &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pool, MinVersion: tls.VersionTLS12}
	ctx, cancel := context.WithTimeout(context.Background(), 25*time.Second)
	defer cancel()
	conn, err := grpc.DialContext(ctx, endpoint, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	check(err)
	defer conn.Close()
	request, err := hex.DecodeString(message)
	check(err)
	var response []byte
	err = conn.Invoke(ctx, method, &request, &response, grpc.ForceCodec(raw{}))
	if err != nil {
		fmt.Println(status.Code(err), status.Convert(err).Message())
		return
	}
	fmt.Println("OK", hex.EncodeToString(response))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
