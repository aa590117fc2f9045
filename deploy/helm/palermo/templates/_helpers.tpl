{{- define "palermo.labels" -}}
app.kubernetes.io/name: palermo
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
