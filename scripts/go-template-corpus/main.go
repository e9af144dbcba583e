// What Go's own text/template answers: one JSON object {template, data} a line in, one {text} or
// {error} a line out. request.query becomes a map[string]string, as a server of such templates
// holds it; missingkey=error is set. What runs for long or writes much is given up.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"text/template"
	"time"
)

type question struct {
	Template string
	Data     any
}

type answer struct {
	Text  string `json:"text"`
	Error string `json:"error,omitempty"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var asked question
		if err := json.Unmarshal(in.Bytes(), &asked); err != nil {
			panic(err)
		}
		typeQuery(asked.Data)
		if err := encoder.Encode(ask(asked)); err != nil {
			panic(err)
		}
	}
	if err := in.Err(); err != nil {
		panic(err)
	}
}

func ask(asked question) answer {
	parsed, err := template.New("").Option("missingkey=error").Parse(asked.Template)
	if err != nil {
		return answer{Error: err.Error()}
	}
	done := make(chan answer, 1)
	go func() {
		var text bounded
		if err := parsed.Execute(&text, asked.Data); err != nil {
			done <- answer{Error: err.Error()}
		} else {
			done <- answer{Text: text.String()}
		}
	}()
	select {
	case answered := <-done:
		return answered
	case <-time.After(patience):
		return answer{Error: gaveUp}
	}
}

const (
	patience = time.Second
	bytesMax = 1 << 20
	gaveUp   = "gave up"
)

type bounded struct{ strings.Builder }

func (b *bounded) Write(bytes []byte) (int, error) {
	if b.Len()+len(bytes) > bytesMax {
		return 0, errors.New(gaveUp)
	}
	return b.Builder.Write(bytes)
}

func typeQuery(data any) {
	root, _ := data.(map[string]any)
	request, _ := root["request"].(map[string]any)
	query, found := request["query"].(map[string]any)
	if !found {
		return
	}
	typed := map[string]string{}
	for key, value := range query {
		typed[key], _ = value.(string)
	}
	request["query"] = typed
}
